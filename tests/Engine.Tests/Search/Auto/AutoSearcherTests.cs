using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Auto;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Auto;

public sealed class AutoSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new AutoSearcher();
}

/// <summary>A smooth function soon settles, so that polishing and restarts are played as well.</summary>
public sealed class AutoSearcherOnABowlContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override int LargeDimension => 10;

    protected override SearchSpace Space { get; } = new(new UniformParameter("x", -1, 1), new UniformParameter("y", -1, 1));

    protected override ISearcher Create() => new AutoSearcher();
}

public sealed class AutoSearcherTests
{
    private static readonly SearchSpace Plane = new(new UniformParameter("x", 0, 1), new UniformParameter("y", 0, 1));

    private static readonly SearchSpace Mixed = SearchSpace.Parse(
        """
        {
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "c": {"method": "categorical", "dimension": {"categories": ["a", "b"]}}
        }
        """);

    [Fact]
    public void A_smooth_function_is_polished_and_then_left_for_a_new_search()
    {
        Played played = Play(Plane, 80, at => Bowl(at, .3, .7));

        Assert.Contains(played.Reasons, reason => reason.StartsWith("gp, because there are 2 numeric parameters: ", StringComparison.Ordinal));
        Assert.Contains(played.Reasons, reason => reason.StartsWith("polish, ", StringComparison.Ordinal));
        Assert.Contains(played.Reasons, reason => reason.StartsWith("gp that began anew at trial ", StringComparison.Ordinal));
        Assert.InRange(played.Observations.Min(observation => observation.Value!.Value), 0, 1e-12);
    }

    [Fact]
    public void A_new_search_finds_the_basin_that_the_first_one_missed()
    {
        // A wide bowl, and a narrow one that is deeper, where no point of the first design lies.
        static double Two(Configuration at) => Math.Min(.2 + Bowl(at, .25, .25), 20 * Bowl(at, .85, .8));

        Played played = Play(Plane, 150, Two);

        Assert.InRange(played.Observations.Min(observation => observation.Value!.Value), 0, 1e-6);
    }

    [Fact]
    public void Every_part_of_a_tree_is_searched()
    {
        SearchSpace tree = SearchSpace.Parse(
            """
            {
              "model": {"method": "categorical", "dimension": {"categories": ["easy", "hard", "dull"]}},
              "e": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"model": ["easy"]}},
              "h": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"model": ["hard"]}}
            }
            """);
        static double Model(Configuration at) =>
            at.TryGetValue("e", out ParameterValue e) ? .1 + Square(e.AsDouble() - .5)
            : at.TryGetValue("h", out ParameterValue h) ? 40 * Square(h.AsDouble() - .93)
            : 2;

        Played played = Play(tree, 60, Model);

        Assert.Contains(played.Reasons, reason => reason.StartsWith("gp where model is ", StringComparison.Ordinal));
        Assert.InRange(played.Observations.Min(observation => observation.Value!.Value), 0, 1e-4);
    }

    [Fact]
    public void The_last_trials_of_a_budget_polish()
    {
        Played played = Play(Plane, 40, at => Bowl(at, .3, .7) + Square(Square(at["x"].AsDouble() - .3)), total: 40);

        Assert.Contains(played.Reasons.TakeLast(3), reason => reason.StartsWith("polish, ", StringComparison.Ordinal));
        Assert.DoesNotContain(played.Reasons, reason => reason.Contains("began anew at trial 3", StringComparison.Ordinal));
    }

    [Fact]
    public void Whole_numbers_alone_are_shared_with_a_population()
    {
        SearchSpace grid = new(new UniformIntParameter("x", 1, 30), new UniformIntParameter("y", 1, 30));

        Played played = Play(grid, 24, at => Bowl(at, 17, 4));

        Assert.Contains(played.Reasons, reason => reason.StartsWith("cmaes, because all parameters are discrete", StringComparison.Ordinal));
        Assert.Contains(played.Reasons.Skip(12), reason => reason.StartsWith("gp, ", StringComparison.Ordinal));
    }

    [Fact]
    public void Several_objectives_are_for_nsga2()
    {
        SearchStep step = new AutoSearcher().Suggest(new() { Space = Plane, Seed = 1, NextTrial = 1, Objectives = 2 }, 3);

        Assert.Equal(3, step.Suggestions.Length);
        Assert.All(step.Reasons, reason => Assert.StartsWith("nsga2, because there are 2 objectives", reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, "cmaes, because trials are over before a model could be fitted")]
    [InlineData(true, "tpe, because trials are over before a model could be fitted")]
    public void Trials_of_milliseconds_are_not_kept_waiting_once_there_are_many(bool isMixed, string expected)
    {
        SearchSpace space = isMixed ? Mixed : Plane;

        Assert.StartsWith(expected, ReasonAfter(space, 100, seconds: .004), StringComparison.Ordinal);
        Assert.StartsWith("gp", ReasonAfter(space, 99, seconds: .004), StringComparison.Ordinal);
        Assert.StartsWith("gp", ReasonAfter(space, 100, seconds: 4), StringComparison.Ordinal);
        Assert.StartsWith("gp", ReasonAfter(space, 100, seconds: null), StringComparison.Ordinal);
        Assert.StartsWith(expected, ReasonAfter(space, 100, seconds: 2, parallelism: 64), StringComparison.Ordinal);
    }

    [Fact]
    public void Very_many_parameters_are_not_modelled()
    {
        SearchSpace space = new([.. Enumerable.Range(0, Situation.MostForModels + 1).Select(i => new UniformParameter($"x{i}", 0, 1))]);

        SearchStep step = new AutoSearcher().Suggest(new() { Space = space, Seed = 1, NextTrial = 1 }, 1);

        Assert.StartsWith("cmaes, because there are 101 numeric parameters", Assert.Single(step.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_running_trials_are_told_apart()
    {
        Played played = Play(Plane, 60, at => Bowl(at, .3, .7));
        SearchContext context = new()
        {
            Space = Plane,
            Seed = 1,
            NextTrial = 125,
            Parallelism = 64,
            Observations = played.Observations,
            Pending = [.. Enumerable.Range(0, 64).Select(i => new PendingTrial(61 + i, Plane.Decode([(i + .5) / 64, (i * 7 % 64 + .5) / 64])))],
            State = played.State,
        };

        SearchStep step = new AutoSearcher().Suggest(context, 64);

        Assert.Equal(64, step.Suggestions.Distinct().Count());
        Assert.DoesNotContain(step.Suggestions, suggestion => context.Pending.Any(pending => pending.Configuration.Equals(suggestion)));
    }

    [Fact]
    public void Whether_trials_are_fast_is_decided_once()
    {
        SearchSpace space = SearchSpace.Parse("""{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, "y": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");
        SearchStep fast = After(space, 100, seconds: 0.001);
        SearchStep slower = After(space, 110, seconds: 5, state: fast.State);
        SearchStep slow = After(space, 100, seconds: 5);
        SearchStep faster = After(space, 110, seconds: 0.001, state: slow.State);

        Assert.All([fast, slower], step => Assert.StartsWith("cmaes", Assert.Single(step.Reasons), StringComparison.Ordinal));
        Assert.All([slow, faster], step => Assert.DoesNotContain("cmaes", Assert.Single(step.Reasons), StringComparison.Ordinal));
    }

    private static string ReasonAfter(SearchSpace space, int results, double? seconds, int parallelism = 1) =>
        Assert.Single(After(space, results, seconds, parallelism).Reasons);

    private static SearchStep After(SearchSpace space, int results, double? seconds, int parallelism = 1, string? state = null)
    {
        SearchStep spread = new SobolSearcher().Suggest(new() { Space = space, Seed = 2, NextTrial = 1 }, results);
        SearchContext context = new()
        {
            Space = space,
            Seed = 1,
            NextTrial = results + 1,
            Parallelism = parallelism,
            State = state,
            Observations = [.. spread.Suggestions.Select((suggestion, i) => new Observation(i + 1, suggestion, Math.Sin(90 * suggestion["x"].AsDouble())) { Seconds = seconds })],
        };
        return new AutoSearcher().Suggest(context, 1);
    }

    private static Played Play(SearchSpace space, int trials, Func<Configuration, double> objective, int? total = null)
    {
        AutoSearcher searcher = new();
        AppendOnlyList<Observation> observations = [];
        List<string> reasons = [];
        string? state = null;
        while (observations.Count < trials)
        {
            SearchStep step = searcher.Suggest(new() { Space = space, Seed = 3, NextTrial = observations.Count + 1, Observations = observations, State = state, TotalTrials = total }, 1);
            observations = observations.Add(new(observations.Count + 1, step.Suggestions[0], objective(step.Suggestions[0])));
            reasons.Add(step.Reasons[0]);
            state = step.State;
        }

        return new(observations, reasons, state);
    }

    private static double Bowl(Configuration at, double x, double y) => Square(at["x"].AsDouble() - x) + Square(at["y"].AsDouble() - y);

    private static double Square(double x) => x * x;

    private sealed record Played(AppendOnlyList<Observation> Observations, List<string> Reasons, string? State);
}
