using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>Real numbers between two bounds, all equally likely.</summary>
public sealed record UniformParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="low">Smallest value; finite.</param>
    /// <param name="high">Largest value; finite, above <paramref name="low"/>.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public UniformParameter(string name, double low, double high, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        rules.Ordered(low, high);
        rules.ThrowIfBroken();
        Low = low;
        High = high;
    }

    /// <summary>Smallest value.</summary>
    public double Low { get; }

    /// <summary>Largest value.</summary>
    public double High { get; }

    /// <inheritdoc/>
    public override string Method => "uniform";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Continuous;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => null;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => value.TryGetNumber(out double number) && number >= Low && number <= High;

    internal static UniformParameter? Read(DefinitionReader reader)
    {
        double? low = reader.Number("low");
        double? high = reader.Number("high");
        reader.Rules.Ordered(low, high);
        return reader.IsSound ? new(reader.Name, low!.Value, high!.Value, reader.Condition) : null;
    }

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(Math.Clamp(number, Low, High));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("low", Low);
        writer.WriteNumber("high", High);
    }

    private protected override ParameterValue DecodeUnit(double unit) => ParameterValue.Of(Interval.At(Low, High, unit));

    private protected override double EncodeValue(ParameterValue value) => Interval.UnitOf(Low, High, value.AsDouble());
}
