using HpoServerless.Engine.Experiments;

namespace HpoServerless.Contracts.Recorded;

/// <summary>What releases left behind, by release: <c>Recorded/0.1/…</c> beside the tests that read it. Written once, when a release is made, and never again.</summary>
/// <param name="project">Name of the test project's folder.</param>
public sealed class RecordedFolder(string project)
{
    /// <summary>Set to anything, this makes the tests that record write what the present release lacks.</summary>
    public const string Switch = "HPO_RECORD_RELEASE";

    private readonly string _root = Path.Combine(Repository.Root, "tests", project, "Recorded");

    /// <summary>The present release: major and minor version.</summary>
    public static string Release { get; } = typeof(ExperimentDefinition).Assembly.GetName().Version!.ToString(2);

    public static bool IsRecording => Environment.GetEnvironmentVariable(Switch) is { Length: > 0 };

    /// <summary>All releases on record.</summary>
    public IEnumerable<string> Releases => Directory.EnumerateDirectories(_root).Select(release => Path.GetFileName(release)).Order(StringComparer.Ordinal);

    /// <summary>Where something of the present release lies or is to lie.</summary>
    public string PathOf(string name, string? release = null) => Path.Combine(_root, release ?? Release, name);

    /// <summary>All that was recorded under a name or pattern, of all releases, relative to the folder of releases.</summary>
    public IEnumerable<string> All(string pattern) =>
        Directory.EnumerateDirectories(_root).SelectMany(release => Directory.EnumerateFiles(release, pattern)).Select(path => Path.GetRelativePath(_root, path)).Order(StringComparer.Ordinal);

    /// <summary>Reads a file that <see cref="All"/> named.</summary>
    public string Read(string path) => File.ReadAllText(Path.Combine(_root, path));

    /// <summary>Writes a file of the present release. One that is there stays as it is: it is what installations hold.</summary>
    public void Write(string name, string content)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.CreateNew);
        file.Write(System.Text.Encoding.UTF8.GetBytes(content));
    }
}
