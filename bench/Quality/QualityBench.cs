using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;

namespace HpoServerless.Bench.Quality;

/// <summary>How good the configurations are that search algorithms find.</summary>
internal static class QualityBench
{
    public const string Usage =
        """
        quality [--algorithms random,sobol,NAME:{"option": 1}] [--set peers|shifted|unseen|all] [--problems branin,...]
                         [--seeds 20] [--first-seed 0] [--evals 200] [--parallel 1] [--jobs 1] [--peer] [--json]
                  --peer adds the samplers of the Optuna that is installed here, on the same problems
        """;

    private const long SecondsBetweenLines = 10;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <returns>The exit code of the process.</returns>
    /// <exception cref="UsageException">The arguments cannot be understood.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        CommandLine line = new(arguments, ["--algorithms", "--set", "--problems", "--seeds", "--first-seed", "--evals", "--parallel", "--jobs"], ["--json", "--peer"]);
        ImmutableArray<Algorithm> algorithms = line.Algorithms(otherwise: "random,sobol");
        ImmutableArray<ProblemFactory> problems = Problems(line);
        int evaluations = line.Number("--evals", 200);
        int parallel = line.Number("--parallel", 1);
        int first = line.Number("--first-seed", 0, least: 0);
        ImmutableArray<ulong> seeds = [.. Enumerable.Range(first, line.Number("--seeds", 20)).Select(seed => (ulong)seed)];
        foreach (string fault in problems.Select(problem => ProblemSets.FaultOf(problem, seeds[0])).OfType<string>())
        {
            Console.Error.WriteLine(fault);
            return 1;
        }

        RequireAlgorithms(algorithms, problems);
        using OptunaPool? optuna = line.Has("--peer") ? OptunaPool.Find() : null;
        if (line.Has("--peer") && optuna is null)
        {
            Console.Error.WriteLine("no Python here has Optuna: its columns are left out");
        }

        ImmutableArray<IContestant> contestants =
        [
            .. algorithms.Select(algorithm => new RegisteredContestant(algorithm)),
            .. optuna is null ? [] : OptunaContestant.Samplers.Select(sampler => new OptunaContestant(optuna, sampler)),
        ];
        ImmutableArray<QualityUnit> units =
        [
            .. from contestant in contestants from problem in problems from seed in seeds select new QualityUnit(contestant, problem, seed),
        ];
        RunAll(units, evaluations, parallel, line.Number("--jobs", 1));
        if (line.Has("--json"))
        {
            Console.WriteLine(JsonSerializer.Serialize(Machine(units, evaluations, parallel), Json));
        }
        else
        {
            new QualityReport(units, PeerFigures.Load()).Print(Console.Out);
        }

        return 0;
    }

    private static ImmutableArray<ProblemFactory> Problems(CommandLine line)
    {
        ImmutableArray<string> names = line.Names("--problems", [.. ProblemSets.All.Select(problem => problem.Name)], []);
        ImmutableArray<string> sets = line.Names("--set", [.. ProblemSets.Names, "all"], names.IsEmpty ? ["peers"] : []);
        return [.. ProblemSets.All.Where(problem => names.Contains(problem.Name) || sets.Contains(problem.Set) || sets.Contains("all"))];
    }

    /// <summary>Finds a wrong name or option before the hours of work, not after.</summary>
    private static void RequireAlgorithms(ImmutableArray<Algorithm> algorithms, ImmutableArray<ProblemFactory> problems)
    {
        foreach (Algorithm algorithm in algorithms)
        {
            try
            {
                _ = SearcherRegistry.Create(algorithm.Name, algorithm.Options, problems[0].For(0).Space);
            }
            catch (InvalidInputException error)
            {
                throw new UsageException(error.Message);
            }
            catch (UnsupportedSpaceException)
            {
                // said in the table, problem by problem
            }
        }
    }

    private static void RunAll(ImmutableArray<QualityUnit> units, int evaluations, int parallel, int jobs)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int next = -1;
        int done = 0;
        long due = SecondsBetweenLines;
        void Work()
        {
            for (int i = Interlocked.Increment(ref next); i < units.Length; i = Interlocked.Increment(ref next))
            {
                units[i].Run(evaluations, parallel);
                int finished = Interlocked.Increment(ref done);
                long seconds = (long)watch.Elapsed.TotalSeconds;
                if (seconds >= Interlocked.Read(ref due))
                {
                    Interlocked.Exchange(ref due, seconds + SecondsBetweenLines);
                    Console.Error.WriteLine($"{finished} of {units.Length} experiments, {seconds} s: {units[i].Contestant.Label} on {units[i].Problem.Name}");
                }
            }
        }

        Task[] others = [.. Enumerable.Range(1, jobs - 1).Select(_ => Task.Run(Work))];
        Work();
        Task.WaitAll(others);
    }

    private static object Machine(ImmutableArray<QualityUnit> units, int evaluations, int parallel) => new
    {
        evaluations,
        parallel,
        experiments = units.Select(unit => new
        {
            algorithm = unit.Contestant.Label,
            problem = unit.Problem.Name,
            set = unit.Problem.Set,
            seed = unit.Seed,
            regret = unit.Outcome?.Regrets,
            millisecondsATrial = unit.Outcome?.Milliseconds,
            evaluations = unit.Outcome?.Evaluations,
            duplicates = unit.Outcome?.Duplicates,
            unsupported = unit.Unsupported,
        }),
    };
}
