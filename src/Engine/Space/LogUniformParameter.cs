using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>Positive numbers between two bounds whose logarithm is uniform.</summary>
/// <remarks>The bounds are bounds of the value. The base of the logarithm does not change the distribution; it is kept because files carry it.</remarks>
public sealed record LogUniformParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="low">Smallest value; above 0, finite.</param>
    /// <param name="high">Largest value; finite, above <paramref name="low"/>.</param>
    /// <param name="logBase">Base of the logarithm, above 1; null for e.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public LogUniformParameter(string name, double low, double high, double? logBase = null, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, low, high, logBase);
        rules.ThrowIfBroken();
        Low = low;
        High = high;
        Base = logBase;
    }

    /// <summary>Smallest value.</summary>
    public double Low { get; }

    /// <summary>Largest value.</summary>
    public double High { get; }

    /// <summary>Base of the logarithm as it was given; null for e.</summary>
    public double? Base { get; }

    /// <inheritdoc/>
    public override string Method => "loguniform";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Continuous;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => null;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => value.TryGetNumber(out double number) && number >= Low && number <= High;

    internal static LogUniformParameter? Read(DefinitionReader reader)
    {
        double? low = reader.Number("low");
        double? high = reader.Number("high");
        double? logBase = reader.OptionalNumber("base");
        Check(reader.Rules, low, high, logBase);
        return reader.IsSound ? new(reader.Name, low!.Value, high!.Value, logBase, reader.Condition) : null;
    }

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(Math.Clamp(number, Low, High));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("low", Low);
        writer.WriteNumber("high", High);
        writer.WriteOptional("base", Base);
    }

    private protected override ParameterValue DecodeUnit(double unit) => ParameterValue.Of(Interval.AtLog(Low, High, unit));

    private protected override double EncodeValue(ParameterValue value) => Interval.UnitOfLog(Low, High, value.AsDouble());

    private static void Check(Rules rules, double? low, double? high, double? logBase)
    {
        rules.Above("low", low, 0);
        rules.Ordered(low, high);
        rules.Above("base", logBase, 1);
    }
}
