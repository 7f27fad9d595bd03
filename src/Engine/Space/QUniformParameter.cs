using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>A uniform draw rounded to a multiple of q: halves to even, and to the nearest multiple inside where that lies outside the bounds.</summary>
/// <remarks>So the first and the last multiple are less likely than the others where bounds are multiples, as rounding has it.</remarks>
public sealed record QUniformParameter : Parameter
{
    private readonly Multiples _multiples;

    /// <param name="name">Name in the space.</param>
    /// <param name="low">Lower bound; finite.</param>
    /// <param name="high">Upper bound; finite, above <paramref name="low"/>.</param>
    /// <param name="q">Step, above 0, with a multiple inside the bounds.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public QUniformParameter(string name, double low, double high, double q, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, low, high, q);
        rules.ThrowIfBroken();
        Low = low;
        High = high;
        Q = q;
        _multiples = new(q, low, high);
    }

    /// <summary>Lower bound; a value itself only if it is a multiple of <see cref="Q"/>.</summary>
    public double Low { get; }

    /// <summary>Upper bound; a value itself only if it is a multiple of <see cref="Q"/>.</summary>
    public double High { get; }

    /// <summary>Step.</summary>
    public double Q { get; }

    /// <inheritdoc/>
    public override string Method => "quniform";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Ordinal;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => _multiples.ToGrid();

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) =>
        value.TryGetNumber(out double number) && _multiples.TryFind(number, out _);

    internal static QUniformParameter? Read(DefinitionReader reader)
    {
        double? low = reader.Number("low");
        double? high = reader.Number("high");
        double? q = reader.Number("q");
        Check(reader.Rules, low, high, q);
        return reader.IsSound ? new(reader.Name, low!.Value, high!.Value, q!.Value, reader.Condition) : null;
    }

    internal override double Spacing => Q;

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(_multiples.Round(number));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("low", Low);
        writer.WriteNumber("high", High);
        writer.WriteNumber("q", Q);
    }

    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of(_multiples.Round(Interval.At(Low, High, unit)));

    private protected override double EncodeValue(ParameterValue value)
    {
        (double from, double to) = _multiples.CellOf(value.AsDouble(), Low, High);
        return (Interval.UnitOf(Low, High, from) + Interval.UnitOf(Low, High, to)) / 2;
    }

    private static void Check(Rules rules, double? low, double? high, double? q)
    {
        rules.Ordered(low, high);
        rules.Above("q", q, 0);
        rules.NeedMultiple(low, high, q);
    }
}
