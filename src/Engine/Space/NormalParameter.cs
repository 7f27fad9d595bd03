using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>Normally distributed real numbers.</summary>
public sealed record NormalParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="mu">Mean; finite.</param>
    /// <param name="sigma">Standard deviation; above 0, finite.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public NormalParameter(string name, double mu, double sigma, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, mu, sigma);
        rules.ThrowIfBroken();
        Mu = mu;
        Sigma = sigma;
    }

    /// <summary>Mean.</summary>
    public double Mu { get; }

    /// <summary>Standard deviation.</summary>
    public double Sigma { get; }

    /// <inheritdoc/>
    public override string Method => "normal";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Continuous;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue>? GridValues => null;

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => value.TryGetNumber(out _);

    internal static NormalParameter? Read(DefinitionReader reader)
    {
        double? mu = reader.Number("mu");
        double? sigma = reader.Number("sigma");
        Check(reader.Rules, mu, sigma);
        return reader.IsSound ? new(reader.Name, mu!.Value, sigma!.Value, reader.Condition) : null;
    }

    internal override ParameterValue? Nearest(double number) => ParameterValue.Of(number);

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteNumber("mu", Mu);
        writer.WriteNumber("sigma", Sigma);
    }

    private protected override ParameterValue DecodeUnit(double unit) =>
        ParameterValue.Of(Bell.At(Mu, Sigma, unit));

    private protected override double EncodeValue(ParameterValue value) => Bell.UnitOf(Mu, Sigma, value.AsDouble());

    private static void Check(Rules rules, double? mu, double? sigma)
    {
        rules.Finite("mu", mu);
        rules.Above("sigma", sigma, 0);
    }
}
