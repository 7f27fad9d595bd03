using System.Xml.Linq;

namespace HpoServerless.Architecture.Tests;

/// <summary>The sources that the tests look at.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Names that a project file mentions under an item, without folders and extensions.</summary>
    public static IReadOnlyList<string> Items(string project, string item) =>
    [
        .. XDocument.Load(PathOf("src", project, $"{project}.csproj")).Descendants(item)
            .Select(e => (string)e.Attribute("Include")!)
            .Select(n => n.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(n) : n)
            .Order(StringComparer.Ordinal),
    ];

    public static IEnumerable<string> Sources(params string[] folder) =>
        Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

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
