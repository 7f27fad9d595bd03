namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Paths as people write them.</summary>
internal static class HomePath
{
    /// <summary>The path with <c>~/</c> replaced by the home folder.</summary>
    public static string Expand(string path) => path.StartsWith("~/", StringComparison.Ordinal)
        ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..])
        : path;
}
