using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>A log-normal draw rounded to a multiple of q, halves to even. Zero is a multiple.</summary>
public sealed record QLogNormalParameter : Parameter
{
    private readonly Multiples _multiples;

    /// <param name="name">Name in the space.</param>
    /// <param name="mu">Mean of the exponent; finite.</param>
    /// <param name="sigma">Standard deviation of the exponent; above 0, finite.</param>
    /// <param name="q">Step; above 0, finite.</param>
    /// <param name="logBase">What is raised to the normal draw; above 1, null for e.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public QLogNormalParameter(string name, double mu, double sigma, double q, double? logBase = null, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, mu, sigma, q, logBase);
        rules.ThrowIfBroken();
        Mu = mu;
        Sigma = sigma;
        Q = q;
        Base = logBase;
        _multiples = new(q, 0, double.PositiveInfinity);
    }

    /// <summary>Mean of the exponent.</summary>
    public double Mu { get; }

    /// <summary>Standard deviation of the exponent.</summary>
    public double Sigma { get; }

    /// <summary>Step.</summary>
    public double Q { get; }

    /// <summary>What is raised to the normal draw, as it was given; null for e.</summary>
    public double? Base { get; }

    /// <inheritdoc/>
    public override string Method => "qlognormal";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Ordinal;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => null;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) =>
        value.TryGetNumber(out double number) && _multiples.TryFind(number, out _);

    internal static QLogNormalParameter? Read(DefinitionReader reader)
    {
        double? mu = reader.Number("mu");
        double? sigma = reader.Number("sigma");
        double? q = reader.Number("q");
        double? logBase = reader.OptionalNumber("base");
        Check(reader.Rules, mu, sigma, q, logBase);
        return reader.IsSound ? new(reader.Name, mu!.Value, sigma!.Value, q!.Value, logBase, reader.Condition) : null;
    }

    internal override double Spacing => Q;

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(_multiples.Round(number));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("mu", Mu);
        writer.WriteNumber("sigma", Sigma);
        writer.WriteNumber("q", Q);
        writer.WriteOptional("base", Base);
    }

    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of(_multiples.Round(Bell.AtLog(Mu, Sigma, Base, unit)));

    private protected override double EncodeValue(ParameterValue value)
    {
        double middle = value.AsDouble();
        return (Bell.UnitOfLog(Mu, Sigma, Base, middle - (Q / 2)) + Bell.UnitOfLog(Mu, Sigma, Base, middle + (Q / 2))) / 2;
    }

    private static void Check(Rules rules, double? mu, double? sigma, double? q, double? logBase)
    {
        rules.Finite("mu", mu);
        rules.Above("sigma", sigma, 0);
        rules.Above("q", q, 0);
        rules.Above("base", logBase, 1);
    }
}
