namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Text for a POSIX shell.</summary>
internal static class ShellText
{
    /// <summary>One word, whatever it contains.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", """'\''""", StringComparison.Ordinal)}'";

    /// <summary>A command that the POSIX shell runs, whatever shell the user has.</summary>
    public static string Posix(string script) => $"exec /bin/sh -c {Quote(script)}";
}
