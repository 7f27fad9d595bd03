using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using HpoServerless.Cli.Output;

namespace HpoServerless.Cli.Commands;

/// <summary>The commands that everything stored under a name has: remove, list, show, where.</summary>
internal static class NamedCommands
{
    public static Argument<string> NameArgument(string description = "Its name.") => new("name") { Description = description, HelpName = "NAME" };

    public static CliCommand Remove(string group, string description, Action<string> remove)
    {
        Argument<string> pattern = NameArgument("Its name, or a pattern with * and ?.");
        CliCommand command = new("remove", description, $"hpo {group} remove my_old", $"hpo {group} remove 'test_*'") { pattern };
        command.SetAction(parsed => remove(parsed.GetRequiredValue(pattern)));
        return command;
    }

    public static CliCommand List(CliContext context, string group, Func<string, ImmutableArray<string>> list, string place)
    {
        Option<string> expression = new("--expr", "-e") { Description = "Only names that match a pattern with * and ?.", HelpName = "pattern", DefaultValueFactory = static _ => "*" };
        Option<bool> json = JsonOption();
        CliCommand command = new("list", "List the names.", $"hpo {group} list", $"hpo {group} list --expr 'test_*'") { expression, json };
        command.SetAction(parsed =>
        {
            ImmutableArray<string> names = list(parsed.GetRequiredValue(expression));
            if (parsed.GetValue(json))
            {
                new Printer(context).JsonLine(names);
                return;
            }

            foreach (string name in names)
            {
                context.Output.WriteLine(name);
            }

            if (names.IsEmpty)
            {
                context.Error.WriteLine($"no {group} in {place} matches");
            }
        });
        return command;
    }

    public static CliCommand Show(CliContext context, string group, Func<string, JsonElement> read, Action<JsonElement> show)
    {
        Argument<string> name = NameArgument();
        Option<bool> json = JsonOption();
        CliCommand command = new("show", "Show what is stored.", $"hpo {group} show my_name", $"hpo {group} show my_name --json") { name, json };
        command.SetAction(parsed =>
        {
            JsonElement document = read(parsed.GetRequiredValue(name));
            if (parsed.GetValue(json))
            {
                new Printer(context).Json(document);
            }
            else
            {
                show(document);
            }
        });
        return command;
    }

    public static CliCommand Where(CliContext context, string group, Func<string, string> where)
    {
        Argument<string> name = NameArgument();
        CliCommand command = new("where", "Print the path where it is stored.", $"hpo {group} where my_name") { name };
        command.SetAction(parsed => context.Output.WriteLine(where(parsed.GetRequiredValue(name))));
        return command;
    }

    private static Option<bool> JsonOption() => new("--json") { Description = "Print JSON." };
}
