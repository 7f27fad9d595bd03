using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Contracts.Search;

/// <summary>What every searcher must do; the items are those of <see cref="ISearcher"/>. One subclass an algorithm.</summary>
/// <remarks>Every test makes its own searcher. Experiments are played with two trials at a time, so that results arrive late.</remarks>
public abstract class SearcherContract
{
    private const int Trials = 24;
    private const int FiniteSize = 18;

    /// <summary>A new searcher with default options.</summary>
    protected abstract ISearcher Create();

    /// <summary>A space with at least <see cref="Trials"/> configurations and conditions, of the kinds that the algorithm supports.</summary>
    protected virtual SearchSpace Space { get; } = SearchSpace.Parse(
        """
        {
          "depth": {"method": "uniformint", "dimension": {"low": 1, "high": 9}, "condition": {"booster": ["tree", "dart"]}},
          "booster": {"method": "categorical", "dimension": {"categories": ["tree", "linear", "dart"]}},
          "drop": {"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0.05}, "condition": {"booster": ["dart"], "depth": [1, 2, 3, 4, 5]}},
          "lr": {"method": "loguniform", "dimension": {"low": 0.0001, "high": 1}},
          "noise": {"method": "normal", "dimension": {"mu": 0, "sigma": 1}},
          "rounds": {"method": "qloguniform", "dimension": {"low": 10, "high": 500, "q": 10}},
          "seed": {"method": "fixed", "dimension": {"value": 7}}
        }
        """);

    /// <summary>A space of <see cref="FiniteSize"/> configurations, with a condition.</summary>
    protected virtual SearchSpace Finite { get; } = SearchSpace.Parse(
        """
        {
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}},
          "level": {"method": "uniformint", "dimension": {"low": 1, "high": 4}, "condition": {"kind": ["b"]}},
          "share": {"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0.5}}
        }
        """);

    /// <summary>Parameters of the space that tests whether there may be many; at most what the algorithm supports.</summary>
    protected virtual int LargeDimension => 200;

    /// <summary>Whether the seed decides anything.</summary>
    protected virtual bool IsSeeded => true;

    /// <summary>Whether results decide anything. If not, they and the size of the batches must not matter at all.</summary>
    protected virtual bool ReadsObservations => false;

    [Fact]
    public void Item_1_the_same_context_gives_an_equal_step()
    {
        foreach (SearchContext context in Play(seed: 1, Trials).Contexts)
        {
            ISearcher searcher = Create();
            SearchStep first = searcher.Suggest(context, 3);
            Assert.Equal(first, searcher.Suggest(context, 3));
            Assert.Equal(first, Create().Suggest(context, 3));
        }
    }

    [Fact]
    public void Item_1_an_earlier_call_does_not_change_a_later_one()
    {
        ImmutableArray<SearchContext> contexts = Play(seed: 2, Trials).Contexts;
        ISearcher busy = Create();
        foreach (SearchContext context in contexts)
        {
            busy.Suggest(context, 2);
        }

        Assert.Equal(Create().Suggest(contexts[0], 2), busy.Suggest(contexts[0], 2));
    }

    [Fact]
    public void Item_2_the_state_survives_JSON_and_is_all_that_is_remembered()
    {
        Assert.Equal(Play(seed: 3, Trials).Configurations, Play(seed: 3, Trials, everyCallElsewhere: true).Configurations);
    }

    [Fact]
    public void Item_2_the_state_stays_within_64_KiB()
    {
        Assert.All(Play(seed: 4, Trials).Contexts, context => Assert.True(Encoding.UTF8.GetByteCount(context.State ?? string.Empty) <= 64 * 1024));
    }

    [Fact]
    public void Item_3_every_suggestion_lies_in_the_space()
    {
        ImmutableArray<Configuration> configurations = Play(seed: 5, Trials).Configurations;

        Assert.Equal(Trials, configurations.Length);
        Assert.All(configurations, configuration => Assert.Empty(Space.FaultsOf(configuration, "configuration")));
    }

    [Fact]
    public void Item_3_fixed_parameters_and_single_categories_are_kept()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "a": {"method": "fixed", "dimension": {"value": [1, 2]}},
              "b": {"method": "categorical", "dimension": {"categories": ["only"]}}
            }
            """);

        SearchStep step = Create().Suggest(new() { Space = space, Seed = 6, NextTrial = 1 }, 1);

        Configuration suggestion = Assert.Single(step.Suggestions);
        Assert.True(space.Contains(suggestion));
        Assert.Equal("only", suggestion["b"].ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Item_4_no_more_suggestions_than_asked_for_and_fewer_only_with_a_reason(int count)
    {
        SearchStep step = Create().Suggest(First(seed: 7), count);

        Assert.InRange(step.Suggestions.Length, 0, count);
        Assert.NotEqual(SearchStatus.Waiting, step.Status);
        Assert.True(step.Suggestions.Length == count || step.Status == SearchStatus.Exhausted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Item_4_a_count_below_1_is_refused(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create().Suggest(First(seed: 8), count));

    [Fact]
    public void Item_5_the_order_of_arrival_does_not_matter()
    {
        foreach (SearchContext context in Play(seed: 14, Trials).Contexts)
        {
            SearchStep step = Create().Suggest(context, 2);
            Assert.Equal(step, Create().Suggest(context with { Observations = [.. context.Observations.Reverse()] }, 2));
            Assert.Equal(step, Create().Suggest(context with { Observations = [.. context.Observations.OrderBy(o => o.Trial)], Pending = [.. context.Pending.Reverse()] }, 2));
        }
    }

    [Fact]
    public void Item_5_nor_does_it_for_a_searcher_that_saw_it_grow()
    {
        AppendOnlyList<Observation> grown = [];
        ISearcher busy = Create();
        foreach (SearchContext context in Play(seed: 15, Trials).Contexts)
        {
            foreach (Observation fresh in context.Observations.Skip(grown.Count))
            {
                grown = grown.Add(fresh);
            }

            Assert.Equal(Create().Suggest(context, 1), busy.Suggest(context with { Observations = grown }, 1));
        }
    }

    [Fact]
    public void Item_6_nothing_is_suggested_twice_while_something_is_left()
    {
        ImmutableArray<Configuration> configurations = Play(seed: 16, 40, space: Finite).Configurations;

        Assert.InRange(configurations.Length, FiniteSize, 40);
        Assert.Equal(FiniteSize, configurations.Take(FiniteSize).Distinct().Count());
    }

    [Fact]
    public void Item_6_nor_in_one_call()
    {
        SearchStep step = Create().Suggest(First(seed: 17) with { Space = Finite }, FiniteSize);

        Assert.Equal(FiniteSize, step.Suggestions.Distinct().Count());
    }

    [Fact]
    public void Observations_of_earlier_experiments_are_welcome()
    {
        ImmutableArray<Configuration> known = Play(seed: 18, Trials).Configurations;
        SearchContext context = First(seed: 19) with
        {
            Observations = [.. known.Select((configuration, i) => new Observation(i - known.Length + 1, configuration, i % 5 == 0 ? null : Evaluate(configuration)))],
        };

        SearchStep step = Create().Suggest(context, 3);

        Assert.Equal(3, step.Suggestions.Length);
        Assert.All(step.Suggestions, configuration => Assert.True(Space.Contains(configuration)));
    }

    [Fact]
    public void Many_categories_many_dimensions_and_one_value_do_no_harm()
    {
        StringBuilder json = new("{");
        for (int i = 0; i < LargeDimension; i++)
        {
            string name = i % 4 == 0 ? "c" : "i";
            string definition = i % 4 == 0
                ? """{"method": "categorical", "dimension": {"categories": [1, "two", 3.5]}}"""
                : """{"method": "uniformint", "dimension": {"low": 1, "high": 7}}""";
            json.Append($"\"{name}{i}\": {definition},");
        }

        json.Append("\"many\": {\"method\": \"categorical\", \"dimension\": {\"categories\": [").AppendJoin(',', Enumerable.Range(0, 1000)).Append("]}},");
        json.Append("""
            "one": {"method": "quniform", "dimension": {"low": 1.9, "high": 2.1, "q": 2}},
            "flag": {"method": "fixed", "dimension": {"value": false}}}
            """);
        SearchSpace space = SearchSpace.Parse(json.ToString());

        ImmutableArray<Configuration> configurations = Play(seed: 20, Trials, space: space).Configurations;

        Assert.Equal(Trials, configurations.Length);
        Assert.All(configurations, configuration => Assert.Empty(space.FaultsOf(configuration, "configuration")));
    }

    [Fact]
    public void Reasons_are_given_for_all_suggestions_or_for_none()
    {
        foreach (SearchContext context in Play(seed: 21, Trials).Contexts)
        {
            SearchStep step = Create().Suggest(context, 2);
            Assert.True(step.Reasons.IsEmpty || step.Reasons.Length == step.Suggestions.Length);
            Assert.All(step.Reasons, reason => Assert.False(string.IsNullOrWhiteSpace(reason)));
        }
    }

    /// <summary>What is suggested in an experiment, for comparison with another process.</summary>
    public string Transcript() => string.Join('\n', Play(seed: 22, Trials).Configurations.Select(configuration => configuration.ToJson()));

    [Fact]
    public void Exhausted_is_for_ever()
    {
        SearchSpace space = SearchSpace.Parse("""{"a": {"method": "categorical", "dimension": {"categories": [1, 2]}}}""");
        (ImmutableArray<Configuration> configurations, ImmutableArray<SearchContext> contexts) = Play(seed: 9, 8, space: space);
        ISearcher searcher = Create();

        Assert.All(contexts.SkipWhile(context => searcher.Suggest(context, 1).Suggestions.Length > 0), context =>
        {
            SearchStep step = searcher.Suggest(context, 2);
            Assert.Empty(step.Suggestions);
            Assert.Equal(SearchStatus.Exhausted, step.Status);
        });
        Assert.InRange(configurations.Length, 1, 8);
    }

    [Fact]
    public void The_same_seed_gives_the_same_experiment_and_another_seed_another()
    {
        ImmutableArray<Configuration> reference = Play(seed: 10, Trials).Configurations;

        Assert.Equal(reference, Play(seed: 10, Trials).Configurations);
        Assert.Equal(IsSeeded, !reference.SequenceEqual(Play(seed: 11, Trials).Configurations));
    }

    [Fact]
    public void Failed_trials_and_equal_or_huge_values_do_no_harm()
    {
        double?[] values = [null, 1, 1, 1, double.MaxValue, -double.MaxValue, 0, null, null, double.Epsilon];

        ImmutableArray<Configuration> configurations = Play(seed: 12, Trials, evaluate: (trial, _) => values[trial % values.Length]).Configurations;

        Assert.Equal(Trials, configurations.Length);
        Assert.All(configurations, configuration => Assert.True(Space.Contains(configuration)));
    }

    [Fact]
    public void Results_that_are_not_read_change_nothing()
    {
        Assert.SkipWhen(ReadsObservations, "reads results");

        ImmutableArray<Configuration> oneByOne = Play(seed: 13, Trials).Configurations;
        SearchStep atOnce = Create().Suggest(First(seed: 13), Trials);
        ImmutableArray<Configuration> otherResults = Play(seed: 13, Trials, evaluate: (trial, _) => -trial).Configurations;

        Assert.Equal(oneByOne, atOnce.Suggestions);
        Assert.Equal(oneByOne, otherResults);
    }

    /// <summary>A smooth objective with its optimum inside <see cref="Space"/>; numbers attract to 0.3, words cost their length.</summary>
    protected static double Evaluate(Configuration configuration) => configuration.Sum(pair =>
        pair.Value.TryGetNumber(out double number) ? Math.Abs(Math.Tanh(number) - 0.3) : pair.Value.ToString().Length * 0.01);

    /// <summary>Runs an experiment, two trials at a time, the younger one finishing first.</summary>
    /// <param name="seed">Seed of the experiment.</param>
    /// <param name="trials">Trials to run.</param>
    /// <param name="everyCallElsewhere">Whether each call goes to a new searcher, with the state passed through JSON.</param>
    /// <param name="space">Another space than <see cref="Space"/>.</param>
    /// <param name="evaluate">Another objective than <see cref="Evaluate(Configuration)"/>.</param>
    /// <returns>Suggestions by trial number, and every context that was asked for them.</returns>
    protected (ImmutableArray<Configuration> Configurations, ImmutableArray<SearchContext> Contexts) Play(
        ulong seed,
        int trials,
        bool everyCallElsewhere = false,
        SearchSpace? space = null,
        Func<int, Configuration, double?>? evaluate = null)
    {
        evaluate ??= (_, configuration) => Evaluate(configuration);
        List<Observation> observations = [];
        List<PendingTrial> pending = [];
        List<Configuration> configurations = [];
        List<SearchContext> contexts = [];
        ISearcher searcher = Create();
        string? state = null;
        for (int call = 0; call < 4 * trials && observations.Count < trials; call++)
        {
            searcher = everyCallElsewhere ? Create() : searcher;
            SearchContext context = new()
            {
                Space = space ?? Space,
                Seed = seed,
                NextTrial = configurations.Count + 1,
                Observations = [.. observations],
                Pending = [.. pending],
                State = everyCallElsewhere ? JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(state)) : state,
            };
            contexts.Add(context);
            int wanted = Math.Min(2 - pending.Count, trials - configurations.Count);
            SearchStep step = wanted > 0 ? searcher.Suggest(context, wanted) : new([], state);
            state = wanted > 0 ? step.State : state;
            Assert.True(step.Status != SearchStatus.Waiting || pending.Count > 0, "waits although nothing is pending");
            foreach (Configuration suggestion in step.Suggestions)
            {
                configurations.Add(suggestion);
                pending.Add(new(configurations.Count, suggestion));
            }

            if (pending.Count > 0)
            {
                PendingTrial finished = pending[^1];
                pending.Remove(finished);
                observations.Add(new(finished.Trial, finished.Configuration, evaluate(finished.Trial, finished.Configuration)));
            }
        }

        return ([.. configurations], [.. contexts]);
    }

    private SearchContext First(ulong seed) => new() { Space = Space, Seed = seed, NextTrial = 1 };
}
