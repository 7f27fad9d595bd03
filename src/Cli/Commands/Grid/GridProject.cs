using System.Text.Json;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>Finds a project where a grid job has it: under its name as anywhere else, or as the current folder, to which the project's files were sent.</summary>
internal static class GridProject
{
    private static readonly string[] ProjectFiles = ["config/project_config.json", "config/project_config.yaml", "config/config.json", "project_config.json"];

    /// <summary>Reads the project.</summary>
    /// <exception cref="InvalidInputException">There is no such project, or something in it is wrong; lists all of it.</exception>
    public static LoadedProject Load(CliContext context, string project)
    {
        ProjectLoader loader = new(context.Folder, context.CurrentDirectory);
        bool isNamed = Directory.Exists(context.Folder.Project(project)) || Path.Exists(Path.GetFullPath(project, context.CurrentDirectory));
        if (isNamed || !IsProject(context.CurrentDirectory))
        {
            return loader.Load(project);
        }

        LoadedProject here = loader.Load(context.CurrentDirectory);
        return here.Document.Name == project
            ? here
            : throw new InvalidInputException(new Fault("PROJECT", JsonSerializer.Serialize(project), $"must be the project of this folder, {here.Document.Name}, or one that can be found under its name"));
    }

    private static bool IsProject(string folder) =>
        ProjectFiles.Any(file => File.Exists(Path.Combine(folder, file)));
}
