using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>Integers between two bounds, both included, all equally likely.</summary>
public sealed record UniformIntParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="low">Smallest value.</param>
    /// <param name="high">Largest value; above <paramref name="low"/>.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public UniformIntParameter(string name, long low, long high, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, low, high);
        rules.ThrowIfBroken();
        Low = low;
        High = high;
    }

    /// <summary>Smallest value.</summary>
    public long Low { get; }

    /// <summary>Largest value.</summary>
    public long High { get; }

    /// <inheritdoc/>
    public override string Method => "uniformint";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Integer;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues =>
        IndexedValues.TryCreate(Count, index => ParameterValue.Of(Low + index));

    /// <summary>How many values there are: up to 2⁶⁴.</summary>
    private UInt128 Count => (UInt128)((Int128)High - Low) + 1;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => value.TryGetInteger(out long integer) && integer >= Low && integer <= High;

    internal static UniformIntParameter? Read(DefinitionReader reader)
    {
        long? low = reader.Integer("low");
        long? high = reader.Integer("high");
        Check(reader.Rules, low, high);
        return reader.IsSound ? new(reader.Name, low!.Value, high!.Value, reader.Condition) : null;
    }

    internal override double Spacing => 1;

    internal override ParameterValue? Nearest(double number) =>
        ParameterValue.Of(number <= Low ? Low : number >= High ? High : Math.Clamp((long)Math.Round(number), Low, High));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("low", Low);
        writer.WriteNumber("high", High);
    }

    // Exact for units that are multiples of 2^-53: each integer gets its share of them, to one.
    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of((long)(Low + (Int128)(((ulong)(unit * (1UL << 53)) * Count) >> 53)));

    private protected override double EncodeValue(ParameterValue value)
    {
        _ = value.TryGetInteger(out long integer);
        return ((double)((Int128)integer - Low) + 0.5) / (double)Count;
    }

    private static void Check(Rules rules, long? low, long? high)
    {
        if (low >= high)
        {
            rules.Add("low", low.Value.ToString(), $"must be below high ({high})");
        }
    }
}
