using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>How points of the unit cube enter the kernel: categories by number, inactive coordinates in the middle.</summary>
/// <remarks>
/// An inactive numeric coordinate is put at 0.5 and an inactive category at -1, so that configurations are compared by what they share and
/// the parent carries the difference: conditional spaces are modelled as one.
/// </remarks>
internal sealed class ModelSpace
{
    public ModelSpace(SpaceAxes axes)
    {
        Axes = axes;
        IsNominal = [.. axes.Axes.Select(axis => axis.IsNominal)];
        IsContinuous = [.. axes.Axes.Select(axis => axis.Levels == 0)];
    }

    /// <summary>The space.</summary>
    public SpaceAxes Axes { get; }

    /// <summary>Number of axes, d.</summary>
    public int Dimension => IsNominal.Length;

    /// <summary>Which axes have no order; shape [d].</summary>
    public bool[] IsNominal { get; }

    /// <summary>Which axes gradients can move along; shape [d].</summary>
    public bool[] IsContinuous { get; }

    /// <summary>Translates a point whose discrete coordinates are middles of cells and whose inactive coordinates are NaN.</summary>
    /// <param name="unit">Shape [d].</param>
    /// <param name="point">Receives the point the kernel sees; shape [d].</param>
    public void Translate(ReadOnlySpan<double> unit, Span<double> point)
    {
        for (int i = 0; i < unit.Length; i++)
        {
            bool isActive = !double.IsNaN(unit[i]);
            point[i] = IsNominal[i]
                ? (isActive ? Axes.Axes[i].LevelOf(unit[i]) : -1)
                : (isActive ? unit[i] : 0.5);
        }
    }
}
