using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The options by which one run differs from its project.</summary>
/// <param name="isWithinJob">Whether the run is one experiment on this machine in any case, which leaves nothing to say of sites and of several experiments.</param>
internal sealed class RunOptions(bool isWithinJob = false)
{
    private const int MostIndependent = 1000;
    private const string AnySite = "ANY";

    private readonly Option<long?> _seed = new("--seed") { Description = "Source of all randomness: the same seed and the same results give the same configurations. Without it and without one in the project: a new one, which is printed.", HelpName = "N" };
    private readonly Option<int?> _maxConcurrent = new("--max_concurrent") { Description = "Trials that run at the same time.", HelpName = "N" };
    private readonly Option<double?> _time = new("--time", "-t") { Description = "Longest experiment, in seconds.", HelpName = "SECONDS" };
    private readonly Option<int?> _numTrials = new("--num_trials") { Description = "Number of trials.", HelpName = "N" };
    private readonly Option<bool> _isolate = new("--isolate") { Description = "Give every trial a fresh process." };

    private readonly Option<string?> _previous = new("--previous_result") { Description = "An earlier experiment from whose results this one goes on.", HelpName = "ID" };
    private readonly Option<string?> _strategy = new("--warm_start_strategy") { Description = "With --previous_result: 'continue' goes on with its algorithm in its search space, 'resume' lets this project's algorithm learn from its results. [default: continue]", HelpName = "continue|resume" };

    private readonly Option<int?> _jobs = new("--n_jobs", "-n") { Description = $"Jobs at the same time, which share one experiment: the same as --max_concurrent.{(isWithinJob ? string.Empty : " With --independent: the number of experiments.")}", HelpName = "N" };
    private readonly Option<bool> _independent = new("--independent") { Description = "Start --n_jobs separate experiments that know nothing of each other, each with a seed of its own, made from --seed; at the end a table of their results and the best of all." };
    private readonly Option<string?> _sites = new("--site", "-s") { Description = "Sites that run the trials, in place of the project's: names, separated by commas. ANY: the project's own.", HelpName = "SITE" };

    private IEnumerable<Option> All => isWithinJob
        ? [_seed, _maxConcurrent, _time, _numTrials, _isolate, _jobs, _previous, _strategy]
        : [_seed, _maxConcurrent, _time, _numTrials, _isolate, _jobs, _independent, _sites, _previous, _strategy];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>Names of the options that were given.</summary>
    public IEnumerable<string> Given(ParseResult parsed) => All.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name);

    /// <summary>How many separate experiments are wanted; null for one as always.</summary>
    public int? ReadIndependent(ParseResult parsed, List<Fault> faults)
    {
        if (!parsed.GetValue(_independent))
        {
            return null;
        }

        int? jobs = parsed.GetValue(_jobs);
        if (jobs is null or > MostIndependent)
        {
            faults.Add(new(_independent.Name, jobs is null ? null : $"{jobs}", $"needs {_jobs.Name} from 1 to {MostIndependent}, the number of experiments"));
        }

        return jobs;
    }

    /// <summary>What was given; faults are added to the list.</summary>
    public RunOverrides Read(ParseResult parsed, List<Fault> faults)
    {
        long? seed = Checked(_seed, static s => s >= 0, "must be at least 0");
        int? maxConcurrent = Checked(_maxConcurrent, static n => n >= 1, "must be at least 1");
        double? time = Checked(_time, static s => s is >= 0.001 and <= 3e9, "must be a number of seconds from 0.001 to 3e9");
        int? numTrials = Checked(_numTrials, static n => n >= 1, "must be at least 1");
        int? jobs = Checked(_jobs, static n => n is >= 1 and <= 100_000, "must be from 1 to 100000");
        bool independent = parsed.GetValue(_independent);
        if (jobs is not null && maxConcurrent is not null && !independent)
        {
            faults.Add(new(_jobs.Name, $"{jobs}", $"must be left out with {_maxConcurrent.Name}, which says the same{(isWithinJob ? string.Empty : $", or be given with {_independent.Name}")}"));
        }

        string? strategy = parsed.GetValue(_strategy);
        if (strategy is not null && HeadStart.StrategyOf(strategy) is null)
        {
            faults.Add(new(_strategy.Name, strategy, "must be continue or resume"));
        }
        else if (strategy is not null && parsed.GetValue(_previous) is null)
        {
            faults.Add(new(_strategy.Name, strategy, $"needs {_previous.Name}, the experiment to go on from"));
        }

        return new((ulong?)seed, maxConcurrent ?? (independent ? null : jobs), time is { } seconds ? TimeSpan.FromSeconds(seconds) : null, numTrials, parsed.GetValue(_isolate) ? true : null)
        {
            PreviousResult = parsed.GetValue(_previous),
            WarmStartStrategy = HeadStart.StrategyOf(strategy),
            Sites = ReadSites(parsed, faults),
        };

        T? Checked<T>(Option<T?> option, Func<T, bool> holds, string rule)
            where T : struct, IFormattable
        {
            if (parsed.GetValue(option) is not { } value || holds(value))
            {
                return parsed.GetValue(option);
            }

            faults.Add(new(option.Name, value.ToString(null, CultureInfo.InvariantCulture), rule));
            return null;
        }
    }

    private ImmutableArray<string> ReadSites(ParseResult parsed, List<Fault> faults)
    {
        if (parsed.GetValue(_sites) is not { } text || text == AnySite)
        {
            return [];
        }

        ImmutableArray<string> names = [.. text.Split(',', StringSplitOptions.TrimEntries)];
        if (names.Contains(string.Empty) || names.Distinct(StringComparer.Ordinal).Count() < names.Length)
        {
            faults.Add(new(_sites.Name, $"\"{text}\"", "must be names of sites, each once, separated by commas"));
        }

        return names;
    }
}
