using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Space;

/// <summary>One hyperparameter: its values, their distribution and, if it has one, the condition under which it is active.</summary>
/// <remarks>
/// Immutable and always valid: constructors throw <see cref="InvalidInputException"/> with every broken rule, on paths that begin with the
/// parameter's name (<c>lr.low</c>). Equal by content. Searchers see every parameter through the unit interval: a uniform unit decodes to
/// the parameter's own distribution.
/// </remarks>
public abstract record Parameter
{
    private protected Parameter(string name, Condition? condition)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new InvalidInputException(new Fault("name", JsonSerializer.Serialize(name), Rules.NameRule));
        }

        Name = name;
        Condition = condition;
    }

    /// <summary>Name, unique in its space; not empty.</summary>
    public string Name { get; }

    /// <summary>When it is active; null for always.</summary>
    public Condition? Condition { get; }

    /// <summary>The sampling method's name in search-space files, for example <c>uniform</c>.</summary>
    public abstract string Method { get; }

    /// <summary>What a model may assume about the values.</summary>
    public abstract ParameterKind Kind { get; }

    /// <summary>All values in ascending or document order where they are finite (at most <see cref="int.MaxValue"/> of them), else null.</summary>
    /// <remarks>Values are made on access: a list over a large range costs nothing.</remarks>
    public abstract IReadOnlyList<ParameterValue>? GridValues { get; }

    /// <summary>The value at a quantile: a uniform <paramref name="unit"/> gives the parameter's distribution.</summary>
    /// <param name="unit">In [0, 1). Values outside are moved to the nearest end, so that rounding in a model does no harm.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="unit"/> is NaN.</exception>
    public ParameterValue Decode(double unit) => double.IsNaN(unit)
        ? throw new ArgumentOutOfRangeException(nameof(unit), unit, "must be a number")
        : DecodeUnit(Math.Clamp(unit, 0.0, LargestUnit));

    /// <summary>A unit that decodes to <paramref name="value"/>: the middle of its cell where values are discrete.</summary>
    /// <returns>In [0, 1). For continuous parameters, and for integers among more than 2⁵², decoding gives the value back up to rounding.</returns>
    /// <exception cref="ArgumentException">The parameter cannot take the value.</exception>
    public double Encode(ParameterValue value) => Contains(value)
        ? Math.Clamp(EncodeValue(value), 0.0, LargestUnit)
        : throw new ArgumentException($"parameter '{Name}' ({Method}) cannot be {value.ToJson()}", nameof(value));

    /// <summary>Whether the parameter can take this value. <c>3</c> and <c>3.0</c> are the same here.</summary>
    public abstract bool Contains(ParameterValue value);

    /// <summary>The largest double below 1.</summary>
    internal const double LargestUnit = 1.0 - (1.0 / (1L << 53));

    /// <summary>How far neighbouring values lie apart; 0 where there are none, or where values are no numbers.</summary>
    internal virtual double Spacing => 0;

    /// <summary>The value nearest to a number.</summary>
    /// <param name="number">Finite.</param>
    /// <returns>Null where values need not be numbers.</returns>
    internal virtual ParameterValue? Nearest(double number) => null;

    /// <summary>Writes the members of <c>dimension</c>.</summary>
    internal abstract void WriteDimension(Utf8JsonWriter writer);

    private protected abstract ParameterValue DecodeUnit(double unit);

    private protected abstract double EncodeValue(ParameterValue value);
}
