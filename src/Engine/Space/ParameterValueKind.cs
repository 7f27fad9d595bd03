namespace HpoServerless.Engine.Space;

/// <summary>What a <see cref="ParameterValue"/> holds. The order is the order of the JSON types, not of the values.</summary>
public enum ParameterValueKind
{
    /// <summary>JSON's null, Python's None.</summary>
    Null,

    /// <summary>A truth value. It is never equal to a number.</summary>
    Boolean,

    /// <summary>A 64-bit integer: a JSON number without fraction and exponent.</summary>
    Integer,

    /// <summary>A finite double: a JSON number with a fraction or an exponent.</summary>
    Real,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A list or an object, kept as JSON without blanks.</summary>
    Json,
}
