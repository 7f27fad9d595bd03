using System.Collections.Immutable;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Modelling;

/// <summary>A search space as models see it: axes, and which of them are active at a point. Inactive coordinates are NaN.</summary>
internal sealed class SpaceAxes
{
    /// <summary>Axes of the unit cube, parents before their children.</summary>
    private readonly int[] _order;
    private readonly Clause[][] _conditions;

    public SpaceAxes(SearchSpace space)
    {
        Space = space;
        Axes = [.. space.Parameters.Where(parameter => parameter is not FixedParameter).Select(parameter => new Axis(parameter))];
        Dictionary<string, int> coordinates = Axes.Select((axis, i) => (axis.Parameter.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i, StringComparer.Ordinal);
        _order = [.. space.ParentsFirst.ToArray().Select(position => space.Parameters[position]).Where(p => p is not FixedParameter).Select(p => coordinates[p.Name])];
        _conditions = [.. Axes.Select(axis => axis.Parameter.Condition?.Clauses.Select(clause => new Clause(space, coordinates, clause)).ToArray() ?? [])];
        IsFinite = space.Parameters.All(parameter => parameter.GridValues is not null);
    }

    /// <summary>The space.</summary>
    public SearchSpace Space { get; }

    /// <summary>One axis a coordinate; shape [d].</summary>
    public ImmutableArray<Axis> Axes { get; }

    /// <summary>Number of coordinates, d.</summary>
    public int Dimension => Axes.Length;

    /// <summary>Whether the space has finitely many configurations.</summary>
    public bool IsFinite { get; }

    /// <summary>Sets the inactive coordinates of a point to NaN.</summary>
    /// <param name="unit">Shape [d]; the active coordinates must be numbers.</param>
    public void Activate(Span<double> unit)
    {
        if (!Space.IsConditional)
        {
            return;
        }

        foreach (int i in _order)
        {
            foreach (Clause clause in _conditions[i])
            {
                if (!clause.Holds(unit))
                {
                    unit[i] = double.NaN;
                    break;
                }
            }
        }
    }

    /// <summary>Moves every coordinate to the value it decodes to, and sets the inactive ones to NaN: the point that would really be evaluated.</summary>
    /// <param name="unit">Shape [d]; every coordinate must be a number.</param>
    public void Canonicalise(Span<double> unit)
    {
        for (int i = 0; i < unit.Length; i++)
        {
            unit[i] = Axes[i].Snap(unit[i]);
        }

        Activate(unit);
    }

    /// <summary>The configuration at a point; NaN stands for inactive.</summary>
    /// <param name="unit">Shape [d].</param>
    public Configuration Decode(ReadOnlySpan<double> unit)
    {
        Span<double> numbers = unit.Length <= 256 ? stackalloc double[unit.Length] : new double[unit.Length];
        for (int i = 0; i < unit.Length; i++)
        {
            numbers[i] = double.IsNaN(unit[i]) ? 0.5 : unit[i];
        }

        return Space.Decode(numbers);
    }

    /// <summary>The point of a configuration of this space, NaN where inactive.</summary>
    /// <returns>Shape [d]; null if the configuration lies outside the space.</returns>
    public double[]? Encode(Configuration configuration)
    {
        if (!Space.Contains(configuration))
        {
            return null;
        }

        double[] unit = new double[Dimension];
        for (int i = 0; i < unit.Length; i++)
        {
            Axis axis = Axes[i];
            unit[i] = configuration.TryGetValue(axis.Parameter.Name, out ParameterValue value) ? axis.Parameter.Encode(value) : double.NaN;
        }

        return unit;
    }

    /// <summary>One clause of a condition, in terms of coordinates.</summary>
    private sealed class Clause
    {
        private readonly int _parent;
        private readonly Parameter _parameter;
        private readonly ConditionClause _clause;
        private readonly bool[]? _levels;
        private readonly Axis? _axis;

        public Clause(SearchSpace space, Dictionary<string, int> coordinates, ConditionClause clause)
        {
            _clause = clause;
            _parameter = space.Find(clause.Parent)!;
            _parent = coordinates.TryGetValue(clause.Parent, out int coordinate) ? coordinate : -1;
            _axis = _parent < 0 ? null : new(_parameter);
            _levels = _axis is { Levels: > 0 } ? [.. _parameter.GridValues!.Take(_axis.Levels).Select(clause.Holds)] : null;
        }

        public bool Holds(ReadOnlySpan<double> unit) =>
            _parent < 0 ? _clause.Holds(_parameter.Decode(0))
            : !double.IsNaN(unit[_parent]) && (_levels is null ? _clause.Holds(_parameter.Decode(unit[_parent])) : _levels[_axis!.LevelOf(unit[_parent])]);
    }
}
