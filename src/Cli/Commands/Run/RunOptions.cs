using System.CommandLine;
using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The options by which one run differs from its project.</summary>
internal sealed class RunOptions
{
    private readonly Option<long?> _seed = new("--seed") { Description = "Source of all randomness: the same seed and the same results give the same configurations. Without it and without one in the project: a new one, which is printed.", HelpName = "N" };
    private readonly Option<int?> _maxConcurrent = new("--max_concurrent") { Description = "Trials that run at the same time.", HelpName = "N" };
    private readonly Option<double?> _time = new("--time") { Description = "Longest experiment, in seconds.", HelpName = "SECONDS" };
    private readonly Option<int?> _numTrials = new("--num_trials") { Description = "Number of trials.", HelpName = "N" };
    private readonly Option<bool> _isolate = new("--isolate") { Description = "Give every trial a fresh process." };

    private readonly Option<string?> _previous = new("--previous_result") { Description = "An earlier experiment from whose results this one goes on.", HelpName = "ID" };
    private readonly Option<string?> _strategy = new("--warm_start_strategy") { Description = "With --previous_result: 'continue' goes on with its algorithm in its search space, 'resume' lets this project's algorithm learn from its results. [default: continue]", HelpName = "continue|resume" };

    private IEnumerable<Option> All => [_seed, _maxConcurrent, _time, _numTrials, _isolate, _previous, _strategy];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>Names of the options that were given.</summary>
    public IEnumerable<string> Given(ParseResult parsed) => All.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name);

    /// <summary>What was given; faults are added to the list.</summary>
    public RunOverrides Read(ParseResult parsed, List<Fault> faults)
    {
        long? seed = Checked(_seed, static s => s >= 0, "must be at least 0");
        int? maxConcurrent = Checked(_maxConcurrent, static n => n >= 1, "must be at least 1");
        double? time = Checked(_time, static s => s is >= 0.001 and <= 3e9, "must be a number of seconds from 0.001 to 3e9");
        int? numTrials = Checked(_numTrials, static n => n >= 1, "must be at least 1");
        string? strategy = parsed.GetValue(_strategy);
        if (strategy is not null && HeadStart.StrategyOf(strategy) is null)
        {
            faults.Add(new(_strategy.Name, strategy, "must be continue or resume"));
        }
        else if (strategy is not null && parsed.GetValue(_previous) is null)
        {
            faults.Add(new(_strategy.Name, strategy, $"needs {_previous.Name}, the experiment to go on from"));
        }

        return new((ulong?)seed, maxConcurrent, time is { } seconds ? TimeSpan.FromSeconds(seconds) : null, numTrials, parsed.GetValue(_isolate) ? true : null)
        {
            PreviousResult = parsed.GetValue(_previous),
            WarmStartStrategy = HeadStart.StrategyOf(strategy),
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
}
