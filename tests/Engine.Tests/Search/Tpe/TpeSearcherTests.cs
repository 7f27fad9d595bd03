using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.MultiObjective;
using HpoServerless.Engine.Search.Tpe;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Tpe;

public sealed class TpeSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new TpeSearcher(new());
}

public sealed class UnivariateTpeSearcherContract : SearcherContract
{
    protected override bool ReadsObservations => true;

    protected override ISearcher Create() => new TpeSearcher(new() { Multivariate = false });
}

public sealed class TpeSearcherTests
{
    private static readonly SearchSpace Square = SearchSpace.Parse(
        """{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}, "y": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}""");

    private static readonly SearchSpace Tree = SearchSpace.Parse(
        """
        {
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c", "d"]}},
          "depth": {"method": "uniformint", "dimension": {"low": 1, "high": 60}, "condition": {"kind": ["a"]}},
          "rate": {"method": "loguniform", "dimension": {"low": 0.0001, "high": 1}, "condition": {"kind": ["b"]}}
        }
        """);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_closes_in_on_the_optimum(bool multivariate)
    {
        foreach (ulong seed in (ulong[])[1, 2, 3])
        {
            List<Observation> played = Play(new TpeSearcher(new() { Multivariate = multivariate }), Square, 100, seed, Bowl);

            Assert.InRange(played.Min(o => o.Value!.Value), 0, 0.004);
            Assert.True(played.TakeLast(20).Average(o => o.Value) < played.Take(10).Average(o => o.Value) / 5);
        }
    }

    [Fact]
    public void It_learns_which_branch_is_best_and_the_values_in_it()
    {
        static double? Evaluate(Configuration c) => c.TryGetValue("rate", out ParameterValue rate) ? Math.Abs(Math.Log10(rate.AsDouble()) + 2) : 2;

        List<Observation> played = Play(new TpeSearcher(new()), Tree, 80, 5, Evaluate);

        Assert.InRange(played.Min(o => o.Value!.Value), 0, 0.05);
        Assert.InRange(played.TakeLast(40).Count(o => o.Configuration["kind"].ToString() == "b"), 25, 40);
    }

    [Fact]
    public void It_keeps_away_from_where_trials_fail()
    {
        List<Observation> played = Play(new TpeSearcher(new()), Square, 100, 6, c => c["x"].AsDouble() > 0 ? null : Bowl(c));

        Assert.InRange(played.TakeLast(50).Count(o => o.Value is null), 0, 15);
    }

    [Fact]
    public void It_keeps_away_from_what_runs_unless_told_not_to_look()
    {
        static double Spread(TpeOptions options) => Enumerable.Range(1, 10).Average(seed =>
        {
            AppendOnlyList<Observation> played = [.. Play(new TpeSearcher(new()), Square, 40, (ulong)seed, Bowl)];
            SearchContext context = new() { Space = Square, Seed = (ulong)seed, NextTrial = 41, Observations = played };
            ImmutableArray<Configuration> batch = new TpeSearcher(options).Suggest(context, 20).Suggestions;
            return batch.Average(a => batch.Where(b => b != a).Min(b => Distance(a, b)));
        });

        Assert.True(Spread(new()) > 1.3 * Spread(new() { ConstantLiar = false }));
    }

    [Fact]
    public void Partial_results_rank_behind_finished_ones_and_violations_behind_both()
    {
        Configuration at = Configuration.Of(("x", ParameterValue.Of(0.0)), ("y", ParameterValue.Of(0.0)));
        Observation[] expected =
        [
            new(5, at, 1),
            new(4, at, 9),
            new(3, at, 7) { IsPartial = true, Step = 5 },
            new(6, at, 0) { IsPartial = true, Step = 2 },
            new(7, at, 0.5) { IsPartial = true, Step = 2 },
            new(1, at, 3) { Constraints = [0.1] },
            new(2, at, 0) { Constraints = [0.2] },
            new(8, at, null),
        ];
        SearchHistory history = new(new(Square));
        Ranking ranking = new();
        foreach (Observation observation in expected.OrderBy(o => o.Trial))
        {
            history.Add(observation);
            ranking.Read(history);
        }

        Assert.Equal(expected, ranking.Read(history).Select(point => point.Observation));
        Assert.Equal(7, ranking.Succeeded);
    }

    [Fact]
    public void Several_objectives_are_traded_off()
    {
        static double[] Objectives(Configuration c)
        {
            double x = (c["x"].AsDouble() + 1) / 2;
            double g = 1 + (9 * Math.Abs(c["y"].AsDouble() - 0.3));
            return [x, g * (1 - Math.Sqrt(x / g))];
        }

        double Volume(ISearcher searcher, ulong seed)
        {
            AppendOnlyList<Observation> observations = [];
            for (int trial = 1; trial <= 100; trial++)
            {
                Configuration c = searcher.Suggest(new() { Space = Square, Seed = seed, NextTrial = trial, Observations = observations, Objectives = 2 }, 1).Suggestions[0];
                observations = observations.Add(new(trial, c, Objectives(c)[0]) { Objectives = [.. Objectives(c)] });
            }

            return Hypervolume.Of(observations.Select(o => o.Objectives.ToArray()), [1.1, 1.1]);
        }

        const double best = 1.21 - (1.0 / 3);
        foreach (ulong seed in (ulong[])[1, 2, 3])
        {
            Assert.InRange(best - Volume(new TpeSearcher(new()), seed), 0, 0.75 * (best - Volume(new RandomSearcher(), seed)));
        }
    }

    [Fact]
    public void Fronts_rank_before_one_another_and_their_widest_points_come_first()
    {
        Configuration at = Configuration.Of(("x", ParameterValue.Of(0.0)), ("y", ParameterValue.Of(0.0)));
        SearchHistory history = new(new(Square));
        (int Trial, double[] Objectives)[] points = [(1, [0, 10]), (2, [10, 0]), (3, [5, 5]), (4, [5.1, 5.1]), (5, [20, 20]), (6, [0.1, 9.9])];
        foreach ((int trial, double[] objectives) in points)
        {
            history.Add(new(trial, at, objectives[0]) { Objectives = [.. objectives] });
        }

        history.Add(new(7, at, null));
        history.Add(new(8, at, 0) { Objectives = [0, 0], Constraints = [1] });
        history.Add(new(9, at, 0) { Objectives = [0, 0], IsPartial = true, Step = 2 });
        int[] ranked = [.. new FrontRanking().Read(history, 2).Select(point => point.Trial)];

        Assert.Equal(3, ranked[0]);
        Assert.Equal([1, 2, 6], ranked[1..4].Order());
        Assert.Equal([4, 5, 8, 9, 7], ranked[4..]);
    }

    [Fact]
    public void Reasons_say_what_the_model_knew()
    {
        SearchContext context = new() { Space = Square, Seed = 1, NextTrial = 1 };
        SearchStep start = new TpeSearcher(new()).Suggest(context, 1);
        AppendOnlyList<Observation> played = [.. Play(new TpeSearcher(new()), Square, 40, 1, Bowl)];
        SearchStep model = new TpeSearcher(new()).Suggest(context with { NextTrial = 41, Observations = played }, 1);

        Assert.Contains("spread evenly", Assert.Single(start.Reasons), StringComparison.Ordinal);
        Assert.Contains("40 results, 4 of them good", Assert.Single(model.Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"gamma": 0, "n_startup_trials": 0, "n_EI_candidates": 1.5, "prior_weight": -1, "multivariate": 1, "warp": 9}""", 6)]
    [InlineData("""{"gamma": 1}""", 1)]
    public void Options_out_of_range_are_refused_all_at_once(string json, int faults)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearcherRegistry.Create("tpe", JsonDocument.Parse(json).RootElement, Square));

        Assert.Equal(faults, error.Faults.Length);
    }

    [Theory]
    [InlineData("""{"n_startup_trials": 20}""")]
    [InlineData("""{"n_initial_points": 20}""")]
    public void Options_have_the_names_of_both_worlds(string json)
    {
        ISearcher searcher = SearcherRegistry.Create("tpe", JsonDocument.Parse(json).RootElement, Square);
        SearchContext context = new() { Space = Square, Seed = 1, NextTrial = 16, Observations = [.. Play(new TpeSearcher(new()), Square, 15, 1, Bowl)] };

        Assert.StartsWith("start", searcher.Suggest(context, 1).Reasons[0], StringComparison.Ordinal);
    }

    private static double? Bowl(Configuration c) => Math.Pow(c["x"].AsDouble() + 0.4, 2) + Math.Pow(c["y"].AsDouble() - 0.3, 2);

    private static double Distance(Configuration a, Configuration b) =>
        Math.Abs(a["x"].AsDouble() - b["x"].AsDouble()) + Math.Abs(a["y"].AsDouble() - b["y"].AsDouble());

    private static List<Observation> Play(TpeSearcher searcher, SearchSpace space, int trials, ulong seed, Func<Configuration, double?> evaluate)
    {
        AppendOnlyList<Observation> observations = [];
        for (int trial = 1; trial <= trials; trial++)
        {
            SearchStep step = searcher.Suggest(new() { Space = space, Seed = seed, NextTrial = trial, Observations = observations }, 1);
            observations = observations.Add(new(trial, step.Suggestions[0], evaluate(step.Suggestions[0])));
        }

        return [.. observations];
    }
}
