using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>How one hyperparameter changes when a trial goes on from another one. Whatever comes out is a value of the parameter.</summary>
internal sealed class Mutation
{
    private readonly Parameter _parameter;
    private readonly Parameter _draws;
    private readonly ImmutableArray<ParameterValue> _ordered;

    /// <param name="parameter">The hyperparameter.</param>
    /// <param name="values">Values in their order, of which it takes one; default where it has a distribution.</param>
    /// <param name="distribution">What fresh values are drawn from; null for its own.</param>
    public Mutation(Parameter parameter, ImmutableArray<ParameterValue> values = default, Parameter? distribution = null)
    {
        _parameter = parameter;
        _draws = distribution ?? parameter;
        _ordered = !values.IsDefault ? values : _draws is CategoricalParameter { Categories: var categories } && IsOrdered(categories) ? categories : [];
        IsList = !values.IsDefault;
    }

    private bool IsList { get; }

    /// <summary>A fresh value.</summary>
    public ParameterValue Draw(SeededRandom random)
    {
        if (IsList)
        {
            return _ordered[random.NextInt(_ordered.Length)];
        }

        ParameterValue drawn = _draws.Decode(random.NextUnit());
        return _parameter.Contains(drawn) ? drawn
            : drawn.TryGetNumber(out double number) && _parameter.Nearest(number) is { } nearest ? nearest
            : _parameter.Decode(random.NextUnit());
    }

    /// <summary>A value near another one: the next in a list, a number times a factor. Categories without an order stay.</summary>
    /// <param name="value">A value of the parameter.</param>
    /// <param name="factors">Of which one is taken.</param>
    /// <param name="random">Decides.</param>
    public ParameterValue Perturb(ParameterValue value, ImmutableArray<double> factors, SeededRandom random)
    {
        if (!_ordered.IsEmpty)
        {
            return Neighbour(value, random);
        }

        double factor = factors[random.NextInt(factors.Length)];
        return value.TryGetNumber(out double number) && double.IsFinite(number * factor) && _parameter.Nearest(number * factor) is { } near
            ? near.SameAs(value) ? OneStep(number, factor) ?? value : near
            : value;
    }

    private static bool IsOrdered(ImmutableArray<ParameterValue> categories)
    {
        if (categories.Length < 3 || !categories.All(category => category.TryGetNumber(out _)))
        {
            return false;
        }

        int[] signs = [.. categories.Zip(categories.Skip(1), (a, b) => Math.Sign(b.AsDouble() - a.AsDouble())).Distinct()];
        return signs.Length == 1;
    }

    private ParameterValue Neighbour(ParameterValue value, SeededRandom random)
    {
        int at = -1;
        for (int i = 0; i < _ordered.Length && at < 0; i++)
        {
            at = _ordered[i].SameAs(value) ? i : -1;
        }

        bool isUp = random.NextUnit() < 0.5;
        return at < 0 ? _ordered[random.NextInt(_ordered.Length)]
            : _ordered.Length == 1 ? value
            : _ordered[at == 0 ? 1 : at == _ordered.Length - 1 ? at - 1 : isUp ? at + 1 : at - 1];
    }

    /// <summary>The next value of a grid in the direction in which the factor leads.</summary>
    private ParameterValue? OneStep(double number, double factor)
    {
        double direction = number == 0 ? factor - 1 : (number * factor) - number;
        return direction == 0 || _parameter.Spacing == 0 ? null : _parameter.Nearest(number + (Math.Sign(direction) * _parameter.Spacing));
    }
}
