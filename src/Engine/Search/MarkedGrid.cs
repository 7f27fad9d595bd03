using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>The product of the categorical parameters that are marked <c>grid_search: 1</c>.</summary>
internal sealed class MarkedGrid
{
    /// <summary>Coordinate and number of categories of each, in document order.</summary>
    private readonly List<(int Coordinate, int Categories)> _axes = [];

    public MarkedGrid(SearchSpace space)
    {
        int coordinate = 0;
        foreach (Parameter parameter in space.Parameters)
        {
            if (parameter is CategoricalParameter { GridSearch: true } marked)
            {
                _axes.Add((coordinate, marked.Categories.Length));
            }

            coordinate += parameter is FixedParameter ? 0 : 1;
        }

        IsWhole = _axes.Count > 0 && _axes.Count == space.Dimension;
    }

    /// <summary>Whether no parameter is marked.</summary>
    public bool IsEmpty => _axes.Count == 0;

    /// <summary>Whether every parameter that is not fixed is marked, and there is one.</summary>
    public bool IsWhole { get; }

    /// <summary>Overwrites the coordinates of the marked parameters with a point of the grid, the first parameter slowest.</summary>
    /// <param name="index">0-based; runs round and round.</param>
    /// <param name="unit">Shape [d].</param>
    public void Place(int index, Span<double> unit)
    {
        for (int axis = _axes.Count - 1; axis >= 0; axis--)
        {
            (int coordinate, int categories) = _axes[axis];
            unit[coordinate] = ((index % categories) + 0.5) / categories;
            index /= categories;
        }
    }
}
