using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Modelling;

/// <summary>One coordinate of the unit cube as models see it: a parameter that is not fixed.</summary>
/// <remarks>
/// Discrete parameters cut the unit interval into cells, one a value, in the order of <see cref="Parameter.GridValues"/>; a model works
/// with the middles of cells. Ranges of more than <see cref="MostLevels"/> values are treated as continuous and only <see cref="Snap"/> knows better.
/// </remarks>
internal sealed class Axis
{
    /// <summary>Most values of a numeric parameter that are listed one by one.</summary>
    public const int MostLevels = 4096;

    private readonly double[] _edges;
    private readonly double[] _centres;

    public Axis(Parameter parameter)
    {
        Parameter = parameter;
        IReadOnlyList<ParameterValue>? values = parameter.GridValues;
        IsNominal = parameter is CategoricalParameter;
        Levels = values is not null && (IsNominal || values.Count <= MostLevels) ? values.Count : 0;
        _centres = [.. Enumerable.Range(0, Levels).Select(level => parameter.Encode(values![level]))];
        _edges = new double[Levels + 1];
        for (int level = 0; level < Levels; level++)
        {
            _edges[level + 1] = level == Levels - 1 ? 1 : (2 * _centres[level]) - _edges[level];
        }
    }

    /// <summary>What it stands for.</summary>
    public Parameter Parameter { get; }

    /// <summary>Whether its values have no order.</summary>
    public bool IsNominal { get; }

    /// <summary>Number of values; 0 where they are continuous, or too many to be listed.</summary>
    public int Levels { get; }

    /// <summary>Whether it has a single value, so that there is nothing to choose.</summary>
    public bool IsConstant => Levels == 1;

    /// <summary>Middles of the cells, ascending; shape [<see cref="Levels"/>].</summary>
    public ReadOnlySpan<double> Centres => _centres;

    /// <summary>Borders of the cells, from 0 to 1; shape [<see cref="Levels"/> + 1].</summary>
    public ReadOnlySpan<double> Edges => _edges;

    /// <summary>Which value a unit stands for; shape of the answer: 0 .. <see cref="Levels"/> - 1. Only where values are listed.</summary>
    public int LevelOf(double unit)
    {
        int guess = Math.Clamp((int)(unit * Levels), 0, Levels - 1);
        if (_edges[guess] <= unit && unit < _edges[guess + 1])
        {
            return guess;
        }

        int found = Array.BinarySearch(_edges, unit);
        return Math.Clamp(found >= 0 ? found : ~found - 1, 0, Levels - 1);
    }

    /// <summary>The unit of the value that a unit decodes to: itself where values are continuous.</summary>
    public double Snap(double unit) =>
        Levels > 0 ? _centres[LevelOf(unit)]
        : Parameter.Kind == ParameterKind.Continuous ? Math.Clamp(unit, 0, Parameter.LargestUnit)
        : Parameter.Encode(Parameter.Decode(unit));
}
