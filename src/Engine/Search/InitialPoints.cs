using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Configurations that a user wrote down, whole or in part: some active parameters may be left out, inactive ones must be.</summary>
internal static class InitialPoints
{
    /// <summary>Why a point is none of a space. A parameter may only be given together with those that its condition asks for.</summary>
    /// <param name="space">The space.</param>
    /// <param name="point">What the user wrote.</param>
    /// <param name="path">What the paths of faults begin with.</param>
    public static IEnumerable<Fault> FaultsOf(SearchSpace space, Configuration point, string path) =>
        space.FaultsOf(WithFixed(space, point), path).Where(fault => fault.Value is not null);

    /// <summary>The point with its values as the space writes them (<c>1</c> becomes <c>1.0</c> where values are real), in the order of the space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="point">A point without faults.</param>
    public static Configuration Canonical(SearchSpace space, Configuration point) => new(
        space.Parameters.Where(parameter => point.TryGetValue(parameter.Name, out _))
            .Select(parameter => KeyValuePair.Create(parameter.Name, Canonical(parameter, point[parameter.Name]))));

    /// <summary>The point with what it leaves open drawn from the distributions of the space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="point">A point without faults.</param>
    /// <param name="random">Gives one number a parameter, in document order, whether it is needed or not.</param>
    public static Configuration Fill(SearchSpace space, Configuration point, SeededRandom random)
    {
        double[] units = [.. space.Parameters.Select(_ => random.NextUnit())];
        return space.Compose(space.Activate(position =>
            point.TryGetValue(space.Parameters[position].Name, out ParameterValue given) ? given : space.Parameters[position].Decode(units[position])));
    }

    private static Configuration WithFixed(SearchSpace space, Configuration point)
    {
        IEnumerable<Parameter> open = space.Parameters.Where(parameter => parameter is FixedParameter { Condition: null } && !point.TryGetValue(parameter.Name, out _));
        return new(point.Concat(open.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Decode(0)))));
    }

    private static ParameterValue Canonical(Parameter parameter, ParameterValue value)
    {
        switch (parameter.Kind)
        {
            case ParameterKind.Continuous:
                return ParameterValue.Of(value.AsDouble());
            case ParameterKind.Integer:
                return value.TryGetInteger(out long integer) ? ParameterValue.Of(integer) : value;
            case ParameterKind.Ordinal:
                double given = value.AsDouble();
                double nearest = parameter.Decode(parameter.Encode(value)).AsDouble();
                return ParameterValue.Of(Math.Abs(nearest - given) <= 1e-6 * Math.Abs(given) ? nearest : given); // far out in a tail, no unit leads back
            default:
                return parameter.Decode(parameter.Encode(value));
        }
    }
}
