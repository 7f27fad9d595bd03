using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>Always the same value. It takes no part in the search and no coordinate of the unit cube.</summary>
public sealed record FixedParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="value">The value every trial is given.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">The name is empty.</exception>
    public FixedParameter(string name, ParameterValue value, Condition? condition = null)
        : base(name, condition) => Value = value;

    /// <summary>The value every trial is given.</summary>
    public ParameterValue Value { get; }

    /// <inheritdoc/>
    public override string Method => "fixed";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Constant;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue> GridValues => [Value];

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => Value.SameAs(value);

    internal static FixedParameter? Read(DefinitionReader reader)
    {
        ParameterValue? value = reader.Value("value");
        return reader.IsSound ? new(reader.Name, value!.Value, reader.Condition) : null;
    }

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WritePropertyName("value");
        Value.Write(writer);
    }

    private protected override ParameterValue DecodeUnit(double unit) => Value;

    private protected override double EncodeValue(ParameterValue value) => 0.5;
}
