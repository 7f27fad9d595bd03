using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Tries every configuration of a finite space once, the first parameter changing slowest.</summary>
/// <remarks>
/// <para>
/// Trial n is configuration n of the grid, counted from the first trial that the user does not give; seed and results do not change it. Every parameter must be finite: categorical, uniformint,
/// quniform, qloguniform or fixed. Combinations that differ only in inactive parameters are one configuration.
/// </para>
/// <para>
/// Cost: O(d) memory; O(d) a suggestion. In a space with conditions, configuration n is reached by walking; the state is a bookmark that saves
/// the walk from the beginning, and leaving it out changes nothing else.
/// </para>
/// </remarks>
public sealed class GridSearcher : ISearcher
{
    /// <inheritdoc/>
    public string Name => "grid";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        GridWalk walk = new(context.Space);
        List<Configuration> suggestions = [];
        bool isInside = walk.Seek((long)context.NextTrial - context.FirstTrial, context.State);
        while (isInside && suggestions.Count < count)
        {
            suggestions.Add(walk.Current);
            isInside = walk.MoveNext();
        }

        return new([.. suggestions], walk.Bookmark, isInside ? SearchStatus.Open : SearchStatus.Exhausted);
    }

    /// <exception cref="UnsupportedSpaceException">A parameter has infinitely many values.</exception>
    internal static void RequireSpace(SearchSpace space)
    {
        foreach (Parameter parameter in space.Parameters.Where(parameter => parameter.GridValues is null))
        {
            throw new UnsupportedSpaceException("grid", $"needs parameters with finitely many values (at most {int.MaxValue}), but '{parameter.Name}' is {parameter.Method}");
        }
    }
}
