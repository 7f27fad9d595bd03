using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>A normal draw rounded to a multiple of q, halves to even.</summary>
public sealed record QNormalParameter : Parameter
{
    private readonly Multiples _multiples;

    /// <param name="name">Name in the space.</param>
    /// <param name="mu">Mean before rounding; finite.</param>
    /// <param name="sigma">Standard deviation before rounding; above 0, finite.</param>
    /// <param name="q">Step; above 0, finite.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public QNormalParameter(string name, double mu, double sigma, double q, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, mu, sigma, q);
        rules.ThrowIfBroken();
        Mu = mu;
        Sigma = sigma;
        Q = q;
        _multiples = new(q);
    }

    /// <summary>Mean before rounding.</summary>
    public double Mu { get; }

    /// <summary>Standard deviation before rounding.</summary>
    public double Sigma { get; }

    /// <summary>Step.</summary>
    public double Q { get; }

    /// <inheritdoc/>
    public override string Method => "qnormal";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Ordinal;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => null;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) =>
        value.TryGetNumber(out double number) && _multiples.TryFind(number, out _);

    internal static QNormalParameter? Read(DefinitionReader reader)
    {
        double? mu = reader.Number("mu");
        double? sigma = reader.Number("sigma");
        double? q = reader.Number("q");
        Check(reader.Rules, mu, sigma, q);
        return reader.IsSound ? new(reader.Name, mu!.Value, sigma!.Value, q!.Value, reader.Condition) : null;
    }

    internal override double Spacing => Q;

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(_multiples.Round(number));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("mu", Mu);
        writer.WriteNumber("sigma", Sigma);
        writer.WriteNumber("q", Q);
    }

    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of(_multiples.Round(Bell.At(Mu, Sigma, unit)));

    private protected override double EncodeValue(ParameterValue value)
    {
        double middle = value.AsDouble();
        return (Bell.UnitOf(Mu, Sigma, middle - (Q / 2)) + Bell.UnitOf(Mu, Sigma, middle + (Q / 2))) / 2;
    }

    private static void Check(Rules rules, double? mu, double? sigma, double? q)
    {
        rules.Finite("mu", mu);
        rules.Above("sigma", sigma, 0);
        rules.Above("q", q, 0);
    }
}
