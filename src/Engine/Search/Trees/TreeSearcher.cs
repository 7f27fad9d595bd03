using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Model-based search with trees: learns from results what a configuration would score and tries the most promising one.</summary>
/// <remarks>
/// <para>
/// Trees take spaces as they are: categories without order, conditional parameters that are inactive, integers and floats side by side. Names:
/// <c>forest</c> with <see cref="Forest"/>, <c>gbrt</c> with <see cref="QuantileBoosting"/>.
/// </para>
/// <para>
/// Failed trials count as the worst result. Running trials, and the suggestions of the same call before, are given the mean that the model
/// predicts for them, so that their surroundings are well known and the next goes elsewhere. The first trials are an <see cref="InitialDesign"/>.
/// Keeps no state; a function of the seed and the set of observations.
/// </para>
/// <para>Cost: a fit (see the models) and <c>n_samples</c> predictions a suggestion.</para>
/// <para>
/// Sources: F. Hutter, H. Hoos, K. Leyton-Brown, "Sequential model-based optimization for general algorithm configuration", LION 2011; the
/// "kriging believer" of D. Ginsbourger, R. Le Riche, L. Carraro, "Kriging is well-suited to parallelize optimization", 2010, for running trials.
/// </para>
/// </remarks>
internal sealed class TreeSearcher(string name, ISurrogate surrogate, TreeOptions options) : ISearcher
{
    private const int LocalStarts = 5;
    private const int LocalRounds = 8;
    private const int MostCoordinates = 50_000;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new(name);
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            SuggestionBatch batch = new(context, history);
            List<EvaluatedPoint> best = [.. history.ByTrial.Where(point => point.Value is not null).OrderBy(point => point.Value)];
            TrainingSet? known = best.Count < options.InitialPoints || best.Count == 0 ? null : Learn(history, best[^1].Value!.Value);
            IPrediction? model = null;
            while (batch.Count < count && !batch.IsExhausted)
            {
                SeededRandom random = SeededRandom.For(context.Seed, Name, batch.NextTrial);
                if (known is null)
                {
                    Spread(batch, context.Seed, history.Axes.Dimension, random);
                    continue;
                }

                model ??= surrogate.Fit(known, random);
                if (batch.Running.Count > 0)
                {
                    TrainingSet believed = Believe(known, model, batch.Running);
                    Choose(batch, history.Axes, best, surrogate.Fit(believed, random), believed, random);
                }
                else
                {
                    Choose(batch, history.Axes, best, model, known, random);
                }
            }

            return batch.ToStep();
        }
    }

    private void Spread(SuggestionBatch batch, ulong seed, int dimension, SeededRandom random)
    {
        if (!batch.TryAdd(_design.Point(seed, batch.NextTrial, dimension), "spread evenly, because there are too few results to learn from"))
        {
            batch.TryAddRandom(random, "random, because there are too few results to learn from");
        }
    }

    private TrainingSet Learn(SearchHistory history, double worst)
    {
        double[] values = [.. history.ByTrial.Select(point => point.Value ?? worst)];
        LossTransform.Apply(options.Scale, values);
        TrainingSet data = new(history.Axes);
        for (int i = 0; i < values.Length; i++)
        {
            data.Add(history.ByTrial[i].Unit, values[i]);
        }

        return data;
    }

    private static TrainingSet Believe(TrainingSet known, IPrediction model, IReadOnlyList<double[]> running)
    {
        TrainingSet believed = known.With(known.Targets);
        double[] row = new double[known.Axes.Dimension];
        foreach (double[] unit in running)
        {
            TrainingSet.Code(known.Axes, unit, row);
            believed.Add(unit, model.At(row).Mean);
        }

        return believed;
    }

    /// <summary>Suggests the most promising point that is not taken.</summary>
    private void Choose(SuggestionBatch batch, SpaceAxes axes, List<EvaluatedPoint> best, IPrediction model, TrainingSet data, SeededRandom random)
    {
        Acquisition acquisition = options.Acquisition.Of(batch.NextTrial);
        TreeCandidates candidates = new(axes, random);
        double target = data.Targets.Min();
        double[] row = new double[axes.Dimension];
        int samples = Math.Clamp(MostCoordinates / Math.Max(1, axes.Dimension), Math.Min(100, options.Samples), options.Samples);
        List<(double[] Unit, double Score)> scored = [.. candidates.Draw(samples, [.. best.Select(point => point.Unit)]).Select(unit => (unit, Score(unit)))];
        scored = [.. scored.OrderByDescending(candidate => candidate.Score)];
        if (options.UsesLocalSearch)
        {
            scored.InsertRange(0, scored.Take(LocalStarts).Select(start => Climb(start, candidates, Score)).OrderByDescending(end => end.Score));
        }

        string reason = $"{acquisition.Description} by {surrogate.Description} on {data.Rows.Count} results";
        foreach ((double[] unit, _) in scored)
        {
            if (batch.TryAdd(unit, reason))
            {
                return;
            }
        }

        batch.TryAddRandom(random, "random, because everything the model found was tried before");

        double Score(double[] unit)
        {
            TrainingSet.Code(axes, unit, row);
            (double mean, double deviation) = model.At(row);
            return acquisition.At(mean, deviation, target);
        }
    }

    /// <summary>Moves to the best neighbour for as long as that is better.</summary>
    private static (double[] Unit, double Score) Climb((double[] Unit, double Score) start, TreeCandidates candidates, Func<double[], double> score)
    {
        (double[] Unit, double Score) at = start;
        for (int round = 0; round < LocalRounds; round++)
        {
            (double[] Unit, double Score) next = candidates.Neighbours(at.Unit).Select(unit => (unit, score(unit))).DefaultIfEmpty(at).MaxBy(neighbour => neighbour.Item2);
            if (!(next.Score > at.Score))
            {
                break;
            }

            at = next;
        }

        return at;
    }
}
