using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Modelling;

public sealed class TrialFoldTests
{
    private static readonly SearchSpace Space = new(new UniformParameter("x", 0, 1));

    private int _steps;

    [Fact]
    public void Read_folds_by_trial_whatever_the_order_of_arrival()
    {
        TrialFold<string> fold = Fold();
        SearchHistory history = new(new(Space));
        foreach (int trial in new[] { 2, 5, 1, 4, 3 })
        {
            history.Add(At(trial));
            Assert.Equal(string.Concat(history.ByTrial.Select(point => $" {point.Trial}")), fold.Read(history, 7)[1..]);
        }

        Assert.Equal("7 1 2 3 4 5", fold.Read(history, 7));
        Assert.Equal("8 1 2 3 4 5", fold.Read(history, 8));
    }

    [Fact]
    public void Read_starts_anew_with_another_history()
    {
        TrialFold<string> fold = Fold();
        SearchHistory first = new(new(Space));
        first.Add(At(1));
        fold.Read(first, 7);

        Assert.Equal("7", fold.Read(new(new(Space)), 7));
    }

    [Fact]
    public void Read_takes_one_step_for_each_new_trial_and_few_for_a_straggler()
    {
        TrialFold<string> fold = Fold();
        HistoryMemo memo = new();
        AppendOnlyList<Observation> observations = [];
        SeededRandom random = SeededRandom.For(1, "order");
        int[] trials = [.. Enumerable.Range(1, 2000)];
        for (int i = 0; i < trials.Length; i++)
        {
            int other = Math.Min(trials.Length - 1, i + random.NextInt(64));
            (trials[i], trials[other]) = (trials[other], trials[i]);
        }

        for (int i = 0; i < trials.Length; i++)
        {
            observations = observations.Add(At(trials[i]));
            fold.Read(memo.Read(new() { Space = Space, Seed = 7, NextTrial = 2001, Observations = observations }), 7);
        }

        // The memo of the history begins anew where the list moves to larger storage, which doubles: twice as many at most.
        Assert.InRange(_steps, 2000, 100 * 2000);
        Assert.Equal(2000, fold.Read(memo.Read(new() { Space = Space, Seed = 7, NextTrial = 2001, Observations = observations }), 7).Split(' ').Length - 1);
    }

    [Fact]
    public void Read_goes_back_beyond_what_is_remembered()
    {
        TrialFold<string> fold = Fold();
        SearchHistory history = new(new(Space));
        for (int trial = 2; trial <= 3 * TrialFold<string>.Kept; trial++)
        {
            history.Add(At(trial));
            fold.Read(history, 7);
        }

        history.Add(At(400));
        history.Add(At(1));

        Assert.Equal(string.Concat(history.ByTrial.Select(point => $" {point.Trial}")), fold.Read(history, 7)[1..]);
    }

    private TrialFold<string> Fold() => new((_, seed) => $"{seed}", (state, point) =>
    {
        _steps++;
        return $"{state} {point.Trial}";
    });

    private static Observation At(int trial) => new(trial, Configuration.Of(("x", ParameterValue.Of(0.5))), trial);
}
