using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Projects;

/// <summary>Finds and reads the project that a user names on the command line.</summary>
/// <remarks>
/// What can be named: a project under <c>project/</c>; a folder that has <c>config/project_config.json</c> (or .yaml), or the configurations
/// <c>model_config</c>, <c>search_space</c>, <c>hpo_config</c> and <c>grid_config</c> (.json, .yaml or .yml, the last two optional) directly or in
/// <c>config/</c>, with the scripts in <c>scripts/</c> or beside; a .json or .yaml file with the whole project, whose <c>scripts_path</c> is relative to the file.
/// </remarks>
/// <param name="folder">Where named projects lie.</param>
/// <param name="currentDirectory">On which relative paths stand.</param>
public sealed class ProjectLoader(HpoFolder folder, string currentDirectory)
{
    private static readonly string[] WholeNames = ["project_config", "config"];

    /// <summary>Reads the project.</summary>
    /// <param name="project">Its name, folder or file.</param>
    /// <exception cref="InvalidInputException">There is no such project, or something in it is wrong; lists all of it.</exception>
    public LoadedProject Load(string project)
    {
        string path = Path.GetFullPath(project, currentDirectory);
        if (ProjectName.IsValid(project) && Directory.Exists(folder.Project(project)))
        {
            return LoadFolder(folder.Project(project));
        }

        if (Directory.Exists(path))
        {
            return LoadFolder(path);
        }

        if (File.Exists(path))
        {
            return LoadFile(path);
        }

        ProjectFiles projects = new(folder, TimeProvider.System);
        throw new InvalidInputException(new Fault("project", JsonSerializer.Serialize(project), string.Join(
            ' ',
            $"must be a project under {folder.Projects}, a folder, or a .json or .yaml file: {NearNames.Hint(project, projects.List())}",
            "('hpo project create' makes one)")));
    }

    private static LoadedProject LoadFile(string file)
    {
        if (!DocumentText.Extensions.Contains(Path.GetExtension(file)))
        {
            throw new InvalidInputException(new Fault("project", JsonSerializer.Serialize(file), $"must end with {string.Join(", ", DocumentText.Extensions)}"));
        }

        string home = Path.GetDirectoryName(file)!;
        if (Path.GetFileName(home) == "config" && Path.GetDirectoryName(home) is { } above && Directory.Exists(Path.Combine(above, "scripts")))
        {
            return Load(DocumentText.ReadFile(file), Path.Combine(above, "scripts"));
        }

        JsonElement document = DocumentText.ReadFile(file);
        string? scripts = document.TryGetProperty("scripts_path", out JsonElement json) && json.ValueKind == JsonValueKind.String
            ? json.GetString()
            : null;
        return Load(document, scripts is null ? ScriptsBeside(home) : Path.GetFullPath(scripts, home));
    }

    private static LoadedProject LoadFolder(string home)
    {
        string config = Path.Combine(home, "config");
        string? whole = WholeNames.Select(name => Find(config, name)).Append(Find(home, WholeNames[0])).FirstOrDefault(file => file is not null);
        return Load(whole is null ? Compose(home) : DocumentText.ReadFile(whole), ScriptsBeside(home));
    }

    private static LoadedProject Load(JsonElement document, string scripts)
    {
        ProjectDocument project = ProjectDocument.Parse(document);
        ProjectScripts.Require(project.Model, scripts);
        return new(project, scripts);
    }

    /// <summary>The project document that separate configuration files make.</summary>
    private static JsonElement Compose(string home)
    {
        Dictionary<ConfigurationKind, string> files = [];
        foreach (ConfigurationKind kind in ConfigurationKind.All)
        {
            if ((Find(home, kind.Name) ?? Find(Path.Combine(home, "config"), kind.Name)) is { } file)
            {
                files[kind] = file;
            }
        }

        Fault[] missing =
        [
            .. new[] { ConfigurationKind.Model, ConfigurationKind.SearchSpace }.Where(kind => !files.ContainsKey(kind))
                .Select(kind => new Fault(kind.Name, null, $"is missing: {home} has neither config/project_config.json nor {kind}.json (or .yaml), there or in config/")),
        ];
        if (missing.Length > 0)
        {
            throw new InvalidInputException([.. missing]);
        }

        JsonObject document = new() { ["project_name"] = NameOf(home) };
        foreach ((ConfigurationKind kind, string file) in files)
        {
            document[kind.Name] = JsonNode.Parse(DocumentText.ReadFile(file).GetRawText());
        }

        return JsonSerializer.SerializeToElement(document);
    }

    private static string? Find(string home, string name)
    {
        string[] found = [.. DocumentText.Extensions.Select(extension => Path.Combine(home, name + extension)).Where(File.Exists)];
        return found.Length <= 1 || name == WholeNames[0]
            ? found.FirstOrDefault()
            : throw new InvalidInputException(new Fault(name, null, $"must be given once, but there are {string.Join(" and ", found)}"));
    }

    private static string ScriptsBeside(string home) =>
        Directory.Exists(Path.Combine(home, "scripts")) ? Path.Combine(home, "scripts") : home;

    /// <summary>The folder's name, with what a project's name must not have replaced.</summary>
    private static string NameOf(string home)
    {
        string name = string.Concat(Path.GetFileName(Path.TrimEndingDirectorySeparator(home)).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'));
        return ProjectName.IsValid(name) ? name : "_" + name[..Math.Min(name.Length, ProjectName.MaxLength - 1)];
    }
}
