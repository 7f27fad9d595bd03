namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What a node was furnished with.</summary>
/// <param name="Harness">Folder with the package <c>hpo_trial</c>.</param>
/// <param name="Launcher">Script that runs a worker.</param>
internal sealed record Furniture(string Harness, string Launcher)
{
    /// <summary>The command that runs a worker.</summary>
    public string Command => ShellText.Posix($"exec /bin/sh {ShellText.Quote(Launcher)}");
}
