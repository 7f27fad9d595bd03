using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>A log-uniform draw rounded to a multiple of q: halves to even, and to the nearest multiple inside where that lies outside the bounds.</summary>
public sealed record QLogUniformParameter : Parameter
{
    private readonly Multiples _multiples;

    /// <param name="name">Name in the space.</param>
    /// <param name="low">Lower bound; above 0, finite.</param>
    /// <param name="high">Upper bound; finite, above <paramref name="low"/>.</param>
    /// <param name="q">Step, above 0, with a multiple inside the bounds.</param>
    /// <param name="logBase">Base of the logarithm, above 1; null for e. It does not change the distribution.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public QLogUniformParameter(string name, double low, double high, double q, double? logBase = null, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, low, high, q, logBase);
        rules.ThrowIfBroken();
        Low = low;
        High = high;
        Q = q;
        Base = logBase;
        _multiples = new(q, low, high);
    }

    /// <summary>Lower bound; a value itself only if it is a multiple of <see cref="Q"/>.</summary>
    public double Low { get; }

    /// <summary>Upper bound; a value itself only if it is a multiple of <see cref="Q"/>.</summary>
    public double High { get; }

    /// <summary>Step.</summary>
    public double Q { get; }

    /// <summary>Base of the logarithm as it was given; null for e.</summary>
    public double? Base { get; }

    /// <inheritdoc/>
    public override string Method => "qloguniform";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Ordinal;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => _multiples.ToGrid();

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) =>
        value.TryGetNumber(out double number) && _multiples.TryFind(number, out _);

    internal static QLogUniformParameter? Read(DefinitionReader reader)
    {
        double? low = reader.Number("low");
        double? high = reader.Number("high");
        double? q = reader.Number("q");
        double? logBase = reader.OptionalNumber("base");
        Check(reader.Rules, low, high, q, logBase);
        return reader.IsSound ? new(reader.Name, low!.Value, high!.Value, q!.Value, logBase, reader.Condition) : null;
    }

    internal override double Spacing => Q;

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(_multiples.Round(number));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("low", Low);
        writer.WriteNumber("high", High);
        writer.WriteNumber("q", Q);
        writer.WriteOptional("base", Base);
    }

    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of(_multiples.Round(Interval.AtLog(Low, High, unit)));

    private protected override double EncodeValue(ParameterValue value)
    {
        (double from, double to) = _multiples.CellOf(value.AsDouble(), Low, High);
        return (Interval.UnitOfLog(Low, High, from) + Interval.UnitOfLog(Low, High, to)) / 2;
    }

    private static void Check(Rules rules, double? low, double? high, double? q, double? logBase)
    {
        rules.Above("low", low, 0);
        rules.Ordered(low, high);
        rules.Above("q", q, 0);
        rules.NeedMultiple(low, high, q);
        rules.Above("base", logBase, 1);
    }
}
