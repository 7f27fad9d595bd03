using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>A base raised to a normal draw: positive numbers whose logarithm is normal.</summary>
public sealed record LogNormalParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="mu">Mean of the exponent; finite.</param>
    /// <param name="sigma">Standard deviation of the exponent; above 0, finite.</param>
    /// <param name="logBase">What is raised to the normal draw; above 1, null for e.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public LogNormalParameter(string name, double mu, double sigma, double? logBase = null, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, mu, sigma, logBase);
        rules.ThrowIfBroken();
        Mu = mu;
        Sigma = sigma;
        Base = logBase;
    }

    /// <summary>Mean of the exponent.</summary>
    public double Mu { get; }

    /// <summary>Standard deviation of the exponent.</summary>
    public double Sigma { get; }

    /// <summary>What is raised to the normal draw, as it was given; null for e.</summary>
    public double? Base { get; }

    /// <inheritdoc/>
    public override string Method => "lognormal";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Continuous;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => null;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => value.TryGetNumber(out double number) && number > 0;

    internal static LogNormalParameter? Read(DefinitionReader reader)
    {
        double? mu = reader.Number("mu");
        double? sigma = reader.Number("sigma");
        double? logBase = reader.OptionalNumber("base");
        Check(reader.Rules, mu, sigma, logBase);
        return reader.IsSound ? new(reader.Name, mu!.Value, sigma!.Value, logBase, reader.Condition) : null;
    }

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(Math.Max(number, double.Epsilon));

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("mu", Mu);
        writer.WriteNumber("sigma", Sigma);
        writer.WriteOptional("base", Base);
    }

    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of(Bell.AtLog(Mu, Sigma, Base, unit));

    private protected override double EncodeValue(ParameterValue value) => Bell.UnitOfLog(Mu, Sigma, Base, value.AsDouble());

    private static void Check(Rules rules, double? mu, double? sigma, double? logBase)
    {
        rules.Finite("mu", mu);
        rules.Above("sigma", sigma, 0);
        rules.Above("base", logBase, 1);
    }
}
