namespace HpoServerless.Infra.Tests;

/// <summary>The files of the repository.</summary>
internal static class Files
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Text(params string[] parts) => File.ReadAllText(PathOf(parts));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "HpoServerless.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("HpoServerless.sln was not found above the test's folder");
    }
}
