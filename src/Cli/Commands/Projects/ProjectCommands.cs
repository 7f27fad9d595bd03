using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Cli.Commands.Projects;

/// <summary>The command <c>project</c>.</summary>
internal static class ProjectCommands
{
    private const string Example = "my_project -p scripts/ -o my_search -m my_model -s my_space -g my_grid";

    public static IEnumerable<Command> Create(CliContext context)
    {
        ProjectFiles files = new(context.Folder, context.Time);
        yield return new CliCommand("project", "Projects: scripts with the four configurations, copied in.", $"hpo project create {Example}", "hpo local_run my_project")
        {
            Store(context, "create", "Make a new project; an existing name is an error.", (name, parsed, options) =>
            {
                files.RequireFree(name);
                return Make(context, files, name, parsed, options);
            }),
            Store(context, "recreate", "Make a project; one of the same name moves to project/backup.", (name, parsed, options) => Make(context, files, name, parsed, options)),
            Store(context, "update", "Change what is given, keep the rest.", (name, parsed, options) => Update(context, files, name, parsed, options)),
            NamedCommands.Remove("project", "Move a project, or all whose names match a wildcard, to project/backup.", pattern =>
            {
                foreach ((string name, string backup) in files.Remove(pattern))
                {
                    context.Output.WriteLine($"removed {name} (kept in {backup})");
                }
            }),
            NamedCommands.List(context, "project", files.List, context.Folder.Projects),
            NamedCommands.Show(context, "project", files.Read, document => Show(context, ProjectDocument.Parse(document).ToJson())),
            NamedCommands.Where(context, "project", files.Where),
        };
    }

    private static CliCommand Store(CliContext context, string verb, string description, Func<string, ParseResult, ProjectOptions, ProjectDocument> store)
    {
        Argument<string> name = NamedCommands.NameArgument();
        ProjectOptions options = new();
        CliCommand command = new(verb, description, verb == "update" ? "hpo project update my_project -s other_space" : $"hpo project {verb} {Example}") { name };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            ProjectDocument project = store(parsed.GetRequiredValue(name), parsed, options);
            context.Error.WriteLine($"stored {context.Folder.Project(project.Name)}");
            RunRemarks.Print(context, project.Hpo);
            Show(context, project.ToJson());
        });
        return command;
    }

    private static ProjectDocument Make(CliContext context, ProjectFiles files, string name, ParseResult parsed, ProjectOptions options)
    {
        JsonObject document = new() { ["project_name"] = name };
        options.Apply(parsed, context.Folder, document, isNew: true);
        ProjectDocument project = ProjectDocument.Parse(JsonSerializer.SerializeToElement(document));
        Replace(context, files, project, options.Scripts(parsed)!);
        return project;
    }

    private static ProjectDocument Update(CliContext context, ProjectFiles files, string name, ParseResult parsed, ProjectOptions options)
    {
        JsonObject document = JsonNode.Parse(files.Read(name).GetRawText())!.AsObject();
        options.Apply(parsed, context.Folder, document, isNew: false);
        ProjectDocument project = ProjectDocument.Parse(JsonSerializer.SerializeToElement(document), name);
        if (options.Scripts(parsed) is { } scripts)
        {
            Replace(context, files, project, scripts);
        }
        else
        {
            files.Update(project);
        }

        return project;
    }

    private static void Replace(CliContext context, ProjectFiles files, ProjectDocument project, string scripts)
    {
        if (files.Replace(project, Path.GetFullPath(scripts, context.CurrentDirectory)) is { } backup)
        {
            context.Error.WriteLine($"the old one lies in {backup}");
        }
    }

    private static void Show(CliContext context, JsonElement document) =>
        new Printer(context).Members(document, [.. ConfigurationKind.All.Select(kind => kind.Name)]);
}
