namespace HpoServerless.Adapters.Projects;

/// <summary>Where a user's named configurations and projects lie: <c>config/hpo|grid|model|search_space/NAME.json</c> and <c>project/NAME/</c> under one base path.</summary>
/// <param name="BasePath">The base path.</param>
public sealed record HpoFolder(string BasePath)
{
    /// <summary>Folder of all projects.</summary>
    public string Projects => Path.Combine(BasePath, "project");

    /// <summary>Folder of replaced and removed projects.</summary>
    public string Backups => Path.Combine(Projects, "backup");

    /// <summary>The base path of this process: <c>HPO_BASE_PATH</c>, or else <c>HPOGRID_BASE_PATH</c>, or else the current directory.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="currentDirectory">The current directory, on which relative paths stand.</param>
    public static HpoFolder FromEnvironment(Func<string, string?> variable, string currentDirectory)
    {
        string? given = variable("HPO_BASE_PATH") is { Length: > 0 } own ? own : variable("HPOGRID_BASE_PATH");
        return new(string.IsNullOrEmpty(given) ? currentDirectory : Path.GetFullPath(given, currentDirectory));
    }

    /// <summary>Folder of all configurations of a kind.</summary>
    public string Configurations(ConfigurationKind kind) => Path.Combine(BasePath, "config", kind.Folder);

    /// <summary>File of a named configuration.</summary>
    public string Configuration(ConfigurationKind kind, string name) => Path.Combine(Configurations(kind), name + ".json");

    /// <summary>Folder of a project.</summary>
    public string Project(string name) => Path.Combine(Projects, name);
}
