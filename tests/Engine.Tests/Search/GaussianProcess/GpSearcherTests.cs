using System.Text.Json;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.GaussianProcess;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.GaussianProcess;

public sealed class GpSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new GpSearcher();
}

/// <summary>The same searcher under the name and with the choices of another package.</summary>
public sealed class AxSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => SearcherRegistry.Create("ax", null, Space);
}

public sealed class GpSearcherTests
{
    private static readonly SearchSpace Square = new(new UniformParameter("x", -2, 5), new UniformParameter("y", 0, 1));

    private static readonly SearchSpace Mixed = SearchSpace.Parse(
        """
        {
          "lr": {"method": "loguniform", "dimension": {"low": 0.00001, "high": 1}},
          "layers": {"method": "uniformint", "dimension": {"low": 1, "high": 12}},
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}},
          "depth": {"method": "uniformint", "dimension": {"low": 1, "high": 9}, "condition": {"kind": ["b"]}}
        }
        """);

    [Theory]
    [InlineData("log_ei")]
    [InlineData("ei")]
    [InlineData("nei")]
    [InlineData("lcb")]
    [InlineData("ucb")]
    [InlineData("pi")]
    [InlineData("gp_hedge")]
    public void Every_acquisition_function_finds_a_smooth_minimum(string function)
    {
        ISearcher searcher = SearcherRegistry.Create("gp", Json($$"""{"acq_func": "{{function}}"}"""), Square);

        double[] values = Run(searcher, Square, 30, Bowl);

        Assert.InRange(values.Min(), 0, 1e-4);
    }

    [Fact]
    public void A_quadratic_is_found_to_many_digits()
    {
        Assert.All(Enumerable.Range(1, 5), seed => Assert.InRange(Run(new GpSearcher(), Square, 40, Bowl, seed).Min(), 0, 1e-6));
    }

    [Fact]
    public void A_range_of_many_magnitudes_is_no_obstacle()
    {
        double[] values = Run(new GpSearcher(), Square, 50, configuration => Math.Pow(Bowl(configuration), 3) * 1e6);

        Assert.InRange(values.Min(), 0, 1e-3);
    }

    [Fact]
    public void Integers_categories_and_conditions_are_searched_together()
    {
        double[] values = Run(new GpSearcher(), Mixed, 50, Nested);

        Assert.InRange(values.Min(), 0, 1e-6);
    }

    [Fact]
    public void Failures_are_avoided_once_they_are_seen()
    {
        List<bool> failed = [];
        Run(new GpSearcher(), Square, 40, configuration =>
        {
            failed.Add(configuration["y"].AsDouble() > 0.6);
            return failed[^1] ? null : Bowl(configuration) - configuration["y"].AsDouble();
        });

        Assert.True(failed.Take(10).Any(isFailed => isFailed), "the initial design should meet the region that fails");
        Assert.InRange(failed.Skip(20).Count(isFailed => isFailed), 0, 6);
    }

    [Fact]
    public void Noise_is_averaged_over()
    {
        SeededRandom random = SeededRandom.For(3, "noise");
        List<double> truths = [];

        double[] values = Run(SearcherRegistry.Create("ax", null, Square), Square, 60, configuration =>
        {
            truths.Add(Bowl(configuration));
            return truths[^1] + (0.3 * random.NextGaussian());
        });

        Assert.InRange(truths[Array.IndexOf(values, values.Min())], 0, 0.3);
        Assert.InRange(truths.Skip(30).Order().ElementAt(10), 0, 0.1); // the range of the bowl is above 16
    }

    [Fact]
    public void Constraints_are_met_where_the_unconstrained_minimum_breaks_them()
    {
        List<(double Value, double Constraint)> seen = [];
        Run(new GpSearcher(), Square, 40, (trial, configuration) =>
        {
            double constraint = 2.5 - configuration["x"].AsDouble(); // the minimum of the bowl is at x = 1
            seen.Add((Bowl(configuration), constraint));
            return new(trial, configuration, seen[^1].Value) { Constraints = [constraint] };
        });

        double best = seen.Where(trial => trial.Constraint <= 0).Min(trial => trial.Value);
        Assert.InRange(best, 2.109375, 2.1095); // on the border, where y - 0.3 = -0.1875
    }

    [Fact]
    public void A_space_where_everything_fails_is_still_searched()
    {
        List<Configuration> tried = [];
        Run(new GpSearcher(), Square, 30, configuration =>
        {
            tried.Add(configuration);
            return null;
        });

        Assert.Equal(30, tried.Distinct().Count());
    }

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public void Running_trials_are_kept_clear_of(int parallelism)
    {
        List<Configuration> tried = [];
        double[] values = Run(new GpSearcher(), Square, 100, configuration => Bowl(configuration), parallelism: parallelism, tried: tried);

        Assert.Equal(100, tried.Distinct().Count());
        Assert.InRange(values.Min(), 0, 1e-2);
    }

    [Fact]
    public void A_thousand_observations_are_bearable_and_all_count()
    {
        AppendOnlyList<Observation> known = [];
        SobolSearcher sobol = new();
        foreach (Configuration configuration in sobol.Suggest(new() { Space = Square, Seed = 1, NextTrial = 1 }, 1000).Suggestions)
        {
            known = known.Add(new(known.Count + 1, configuration, Bowl(configuration)));
        }

        SearchStep step = new GpSearcher().Suggest(new() { Space = Square, Seed = 1, NextTrial = 1001, Observations = known }, 1);

        Assert.True(Bowl(Assert.Single(step.Suggestions)) < known.Min(observation => observation.Value));
    }

    [Fact]
    public void The_first_suggestions_of_a_seed_stay_the_same()
    {
        List<Configuration> tried = [];
        Run(new GpSearcher(), Mixed, 12, configuration => (double?)Nested(configuration), tried: tried);

        Assert.Equal(Golden, string.Join('\n', tried.Select(configuration => $"{configuration["lr"].AsDouble():g4} {configuration["layers"]} {configuration["kind"]}")));
    }

    [Fact]
    public void The_state_stays_small_where_there_are_many_parameters_and_models()
    {
        SearchSpace space = new([.. Enumerable.Range(0, 100).Select(i => new UniformParameter($"p{i}", 0, 1))]);
        AppendOnlyList<Observation> known = [];
        foreach (Configuration configuration in new SobolSearcher().Suggest(new() { Space = space, Seed = 1, NextTrial = 1 }, 20).Suggestions)
        {
            known = known.Add(new(known.Count + 1, configuration, known.Count % 4 == 0 ? null : known.Count) { Constraints = known.Count % 4 == 0 ? default : [1, -1, known.Count] });
        }

        SearchStep step = new GpSearcher(new() { AcquisitionFunction = AcquisitionFunction.Hedge }).Suggest(new() { Space = space, Seed = 1, NextTrial = 21, Observations = known }, 3);

        Assert.InRange(step.State!.Length, 1, 30_000);
    }

    [Fact]
    public void Ax_starts_with_as_many_points_as_asked_for_and_knows_no_other_option()
    {
        ISearcher searcher = SearcherRegistry.Create("ax", Json("""{"num_initialization_trials": 7}"""), Square);

        Assert.Equal("ax", searcher.Name);
        SearchStep step = searcher.Suggest(new() { Space = Square, Seed = 1, NextTrial = 1 }, 7);
        Assert.All(step.Reasons, reason => Assert.Contains("initial design", reason, StringComparison.Ordinal));
        Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create("ax", Json("""{"acq_func": "ei"}"""), Square));
    }

    [Theory]
    [InlineData("""{"acq_func": "EIps"}""", "acq_func")]
    [InlineData("""{"xi": -1}""", "xi")]
    [InlineData("""{"kappa": "high"}""", "kappa")]
    [InlineData("""{"n_initial_points": 2.5}""", "n_initial_points")]
    [InlineData("""{"length_scale": 1}""", "length_scale")]
    public void Options_that_are_unknown_or_out_of_range_are_refused(string options, string name)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create("gp", Json(options), Square));

        Assert.Equal($"hpo_config.algorithm_param.{name}", Assert.Single(error.Faults).Path);
    }

    [Fact]
    public void The_initial_design_is_as_long_as_asked_for()
    {
        ISearcher searcher = SearcherRegistry.Create("bayesian", Json("""{"n_initial_points": 4}"""), Square);
        AppendOnlyList<Observation> known = [];
        List<string> reasons = [];
        string? state = null;
        for (int trial = 1; trial <= 6; trial++)
        {
            SearchStep step = searcher.Suggest(new() { Space = Square, Seed = 5, NextTrial = trial, Observations = known, State = state }, 1);
            state = step.State;
            reasons.Add(step.Reasons[0]);
            known = known.Add(new(trial, step.Suggestions[0], Bowl(step.Suggestions[0])));
        }

        Assert.Equal(4, reasons.Count(reason => reason.Contains("initial design", StringComparison.Ordinal)));
    }

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private static double Bowl(Configuration configuration)
    {
        double x = configuration["x"].AsDouble() - 1;
        double y = configuration["y"].AsDouble() - 0.3;
        return (x * x) + (4 * y * y) + (x * y);
    }

    private static double Nested(Configuration configuration)
    {
        double lr = Math.Log10(configuration["lr"].AsDouble()) + 3.2;
        double layers = (configuration["layers"].AsDouble() - 7) / 6;
        return (lr * lr) + (layers * layers) + configuration["kind"].ToString() switch
        {
            "a" => 0.3,
            "b" => Math.Abs(configuration["depth"].AsDouble() - 4) / 5,
            _ => 0.5,
        };
    }

    private static double[] Run(ISearcher searcher, SearchSpace space, int trials, Func<Configuration, double?> evaluate, int seed = 1, int parallelism = 1, List<Configuration>? tried = null) =>
        Run(searcher, space, trials, (trial, configuration) => new(trial, configuration, evaluate(configuration)), seed, parallelism, tried);

    private static double[] Run(ISearcher searcher, SearchSpace space, int trials, Func<Configuration, double> evaluate, int seed = 1) =>
        Run(searcher, space, trials, configuration => (double?)evaluate(configuration), seed);

    /// <summary>Keeps so many trials running; the oldest ends first.</summary>
    private static double[] Run(ISearcher searcher, SearchSpace space, int trials, Func<int, Configuration, Observation> evaluate, int seed = 1, int parallelism = 1, List<Configuration>? tried = null)
    {
        AppendOnlyList<Observation> known = [];
        Queue<PendingTrial> running = [];
        string? state = null;
        int next = 1;
        while (known.Count < trials)
        {
            int wanted = Math.Min(parallelism - running.Count, trials - next + 1);
            if (wanted > 0)
            {
                SearchStep step = searcher.Suggest(
                    new() { Space = space, Seed = (ulong)seed, NextTrial = next, TotalTrials = trials, Parallelism = parallelism, Observations = known, Pending = [.. running], State = state },
                    wanted);
                state = step.State;
                foreach (Configuration suggestion in step.Suggestions)
                {
                    tried?.Add(suggestion);
                    running.Enqueue(new(next++, suggestion));
                }
            }

            PendingTrial done = running.Dequeue();
            known = known.Add(evaluate(done.Trial, done.Configuration));
        }

        return [.. known.Where(observation => observation.Value is not null).Select(observation => observation.Value!.Value)];
    }

    private const string Golden =
        """
        4.743e-05 7 b
        0.01473 2 c
        0.1298 12 a
        0.0004039 5 c
        0.001003 11 c
        0.3223 6 a
        0.00868 9 b
        2.793e-05 1 a
        1.131e-05 11 b
        0.0007787 1 b
        0.001331 7 b
        0.0002184 1 c
        """;
}
