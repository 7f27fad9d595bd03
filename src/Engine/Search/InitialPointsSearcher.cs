using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Evaluates the points that a user gave before any other searcher has a say: trial n is point n, whatever is known of it already.</summary>
/// <remarks>
/// What a point leaves open is drawn from the stream (seed, <c>points-to-evaluate</c>, trial). All later trials are the other searcher's, which
/// sees the points as pending or finished trials like any others. Keeps no state: the other's passes through. Cost: O(d) a point.
/// </remarks>
/// <param name="inner">Proposes what follows.</param>
/// <param name="points">The points, each inside the space as far as it goes; at least one.</param>
internal sealed class InitialPointsSearcher(ISearcher inner, ImmutableArray<Configuration> points) : ISearcher
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int given = Math.Clamp(points.Length - context.NextTrial + 1, 0, count);
        ImmutableArray<Configuration> first = [.. Enumerable.Range(context.NextTrial, given).Select(trial => Point(context, trial))];
        ImmutableArray<string> reasons = [.. Enumerable.Range(context.NextTrial, given).Select(Reason)];
        if (given == count)
        {
            return new(first, context.State) { Reasons = reasons };
        }

        SearchStep rest = inner.Suggest(
            context with
            {
                NextTrial = context.NextTrial + given,
                FirstTrial = points.Length + 1,
                Pending = given == 0 ? context.Pending : [.. context.Pending, .. first.Select((point, i) => new PendingTrial(context.NextTrial + i, point))],
            },
            count - given);
        return given == 0 ? rest : rest with
        {
            Suggestions = [.. first, .. rest.Suggestions],
            Reasons = [.. reasons, .. rest.Reasons.IsEmpty ? rest.Suggestions.Select(_ => $"{Name} search proposed it") : rest.Reasons],
        };
    }

    private Configuration Point(SearchContext context, int trial) =>
        InitialPoints.Fill(context.Space, points[trial - 1], SeededRandom.For(context.Seed, "points-to-evaluate", trial));

    private string Reason(int trial) => $"given by the user as initial point {trial} of {points.Length}";
}
