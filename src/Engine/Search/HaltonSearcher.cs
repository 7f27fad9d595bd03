using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search;

/// <summary>Low-discrepancy search: a Halton sequence whose digits are permuted at random, for any number of parameters.</summary>
/// <remarks>
/// Trial n is point n - 1 of the sequence (see <see cref="HaltonSequence"/>); results do not change it. Where that configuration was tried
/// before, as happens among discrete values, a random one that was not takes its place. Keeps no state. Unlike Sobol's, the points stay even
/// for any number of trials. Cost: O(d) a suggestion.
/// </remarks>
internal sealed class HaltonSearcher : ISearcher
{
    private readonly HistoryMemo _memo = new();
    private readonly Lock _lock = new();
    private (ulong Seed, HaltonSequence Sequence)? _sequence;

    /// <inheritdoc/>
    public string Name => "halton";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SuggestionBatch batch = new(context, _memo.Read(context));
            HaltonSequence sequence = Sequence(context);
            while (batch.Count < count && !batch.IsExhausted)
            {
                int trial = batch.NextTrial;
                if (!batch.TryAdd(sequence.PointAt(trial - 1L), $"point {trial} of a Halton sequence"))
                {
                    batch.TryAddRandom(SeededRandom.For(context.Seed, "halton-again", trial), $"random: point {trial} of the Halton sequence was tried before");
                }
            }

            return batch.ToStep();
        }
    }

    private HaltonSequence Sequence(SearchContext context)
    {
        if (_sequence is not { } last || last.Seed != context.Seed || last.Sequence.Dimension != context.Space.Dimension)
        {
            last = (context.Seed, HaltonSequence.Scrambled(context.Space.Dimension, context.Seed));
            _sequence = last;
        }

        return last.Sequence;
    }
}
