using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Projects;

/// <summary>The named projects: folders with <c>config/project_config.json</c> (the truth), the same as YAML, <c>config/search_space.json</c>, and <c>scripts/</c>.</summary>
/// <param name="folder">Where they lie.</param>
/// <param name="time">Stamps backups, in local time.</param>
public sealed class ProjectFiles(HpoFolder folder, TimeProvider time)
{
    private const string ConfigFile = "config/project_config.json";

    /// <summary>Names that match a wildcard pattern with <c>*</c> and <c>?</c>, in alphabetical order.</summary>
    public ImmutableArray<string> List(string pattern = "*") => Directory.Exists(folder.Projects)
        ? [.. Directory.EnumerateDirectories(folder.Projects).Select(Path.GetFileName).OfType<string>()
            .Where(name => ProjectName.IsValid(name) && File.Exists(Path.Combine(folder.Project(name), ConfigFile))
                && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Folder of a project.</summary>
    /// <exception cref="InvalidInputException">There is none of this name, which the fault answers with near ones.</exception>
    public string Where(string name)
    {
        ProjectName.Require(name, "project name");
        return File.Exists(Path.Combine(folder.Project(name), ConfigFile)) ? folder.Project(name) : throw Missing(name);
    }

    /// <summary>The stored document of a project.</summary>
    /// <exception cref="InvalidInputException">There is none of this name; or its file is damaged.</exception>
    public JsonElement Read(string name) => DocumentText.ReadFile(Path.Combine(Where(name), ConfigFile));

    /// <summary>Demands that a name is free.</summary>
    /// <exception cref="ConflictException">It is not.</exception>
    public void RequireFree(string name)
    {
        RequireName(name);
        if (Path.Exists(folder.Project(name)))
        {
            throw new ConflictException("project", name, $"exists already: use 'hpo project recreate {name}' to replace it or 'hpo project update {name}' to change it");
        }
    }

    /// <summary>Stores a project with a copy of its scripts. An old one of the same name moves to the backups.</summary>
    /// <param name="project">The project.</param>
    /// <param name="scripts">Folder of its scripts.</param>
    /// <returns>Where the old one lies now; null if there was none.</returns>
    /// <exception cref="InvalidInputException">The scripts are missing.</exception>
    public string? Replace(ProjectDocument project, string scripts)
    {
        RequireName(project.Name);
        ProjectScripts.Require(project.Model, scripts);
        string building = Path.Combine(folder.Projects, $".{project.Name}.{Path.GetRandomFileName()}");
        try
        {
            ProjectScripts.Copy(scripts, Path.Combine(building, "scripts"));
            WriteConfiguration(building, project);
            string? backup = Directory.Exists(folder.Project(project.Name)) ? MoveToBackup(project.Name) : null;
            Directory.Move(building, folder.Project(project.Name));
            return backup;
        }
        finally
        {
            if (Directory.Exists(building))
            {
                Directory.Delete(building, recursive: true);
            }
        }
    }

    /// <summary>Stores other configurations for a project that exists; its scripts stay.</summary>
    /// <exception cref="InvalidInputException">There is no such project, or its scripts do not have the program.</exception>
    public void Update(ProjectDocument project)
    {
        string home = Where(project.Name);
        ProjectScripts.Require(project.Model, Path.Combine(home, "scripts"));
        WriteConfiguration(home, project);
    }

    /// <summary>Moves every project whose name matches a pattern to the backups.</summary>
    /// <returns>The names, and where each lies now.</returns>
    /// <exception cref="InvalidInputException">None matches.</exception>
    public ImmutableArray<(string Name, string Backup)> Remove(string pattern)
    {
        ImmutableArray<string> names = List(pattern);
        return names.IsEmpty ? throw Missing(pattern) : [.. names.Select(name => (name, MoveToBackup(name)))];
    }

    private static void WriteConfiguration(string home, ProjectDocument project)
    {
        JsonElement document = project.ToJson();
        string config = Path.Combine(home, "config");
        AtomicFile.Replace(Path.Combine(config, "search_space.json"), ConfigurationFiles.Text(document.GetProperty("search_space")));
        AtomicFile.Replace(Path.Combine(config, "project_config.yaml"), YamlText.From(document));
        AtomicFile.Replace(Path.Combine(home, ConfigFile), ConfigurationFiles.Text(document));
    }

    private static void RequireName(string name)
    {
        ProjectName.Require(name, "project name");
        if (name == "backup")
        {
            throw new InvalidInputException(new Fault("project name", "\"backup\"", "must be another: this is the folder of the backups"));
        }
    }

    private string MoveToBackup(string name)
    {
        string stamp = time.GetLocalNow().ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture);
        Directory.CreateDirectory(folder.Backups);
        string backup = Enumerable.Range(1, int.MaxValue)
            .Select(n => Path.Combine(folder.Backups, n == 1 ? $"{name}_{stamp}" : $"{name}_{stamp}_{n}"))
            .First(path => !Path.Exists(path));
        Directory.Move(folder.Project(name), backup);
        return backup;
    }

    private InvalidInputException Missing(string name) =>
        new(new Fault("project name", JsonSerializer.Serialize(name), $"must be a project under {folder.Projects}: {NearNames.Hint(name, List())}"));
}
