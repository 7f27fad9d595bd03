using System.Collections.Immutable;
using System.CommandLine;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;

namespace HpoServerless.Cli.Commands;

/// <summary><c>hpo algorithms</c>: what can be chosen, and with which options.</summary>
internal static class AlgorithmsCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string?> name = new("name") { Description = "Show the options of this search algorithm or trial scheduler", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> json = new("--json") { Description = "Print JSON: one object an algorithm, a line each" };
        CliCommand command = new(
            "algorithms",
            "List the search algorithms and trial schedulers, or the options of one.",
            "hpo algorithms",
            "hpo algorithms tpe",
            "hpo algorithms --json") { name, json };
        command.SetAction(parsed => Show(new(context), parsed.GetValue(name), parsed.GetValue(json)));
        yield return command;
    }

    private static void Show(Printer printer, string? name, bool asJson)
    {
        ImmutableArray<Listed> all = List();
        ImmutableArray<Listed> shown = name is null ? all : [.. all.Where(listed => listed.Name == name || listed.Aliases.Contains(name))];
        if (shown.IsEmpty)
        {
            SearcherRegistry.OptionsOf(name!); // throws, with the names that exist
        }

        if (asJson)
        {
            foreach (Listed listed in shown)
            {
                printer.JsonLine(new { kind = listed.Kind, name = listed.Name, aliases = listed.Aliases, options = listed.Options.Select(o => new { name = o.Name, @default = o.Default, rule = o.Rule }) });
            }
        }
        else if (name is null)
        {
            printer.Table(["kind", "name", "also called", "options"], [.. shown.Select(l => (IReadOnlyList<string>)[l.Kind, l.Name, string.Join(", ", l.Aliases), string.Join(", ", l.Options.Select(o => o.Name))])]);
        }
        else if (shown.SelectMany(listed => listed.Options).Any())
        {
            printer.Table(["option", "default", "rule"], [.. shown.SelectMany(listed => listed.Options).Select(o => (IReadOnlyList<string>)[o.Name, o.Default, o.Rule])]);
        }
        else
        {
            printer.Line($"{name} has no options.");
        }
    }

    private static ImmutableArray<Listed> List() =>
    [
        .. SearcherRegistry.Names.Concat(SearcherRegistry.Fronts).Select(name => new Listed(
            "search", name, [.. SearcherRegistry.Aliases.Where(alias => alias.Name == name).Select(alias => alias.Alias)], SearcherRegistry.OptionsOf(name))),
        .. TrialSchedulerRegistry.Names.Select(name => new Listed("scheduler", name, TrialSchedulerRegistry.AliasesOf(name), TrialSchedulerRegistry.OptionsOf(name))),
    ];

    private sealed record Listed(string Kind, string Name, ImmutableArray<string> Aliases, ImmutableArray<AlgorithmOption> Options);
}
