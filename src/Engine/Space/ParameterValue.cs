using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>One value of one hyperparameter. 16 bytes; the default is <see cref="Null"/>.</summary>
/// <remarks>
/// As JSON, an integral <see cref="ParameterValueKind.Real"/> is written with its fraction (<c>5.0</c>) and an integer without (<c>5</c>),
/// so that a reader that tells the two apart, as Python does, sees the type that was meant. Every finite double survives the round trip.
/// </remarks>
[JsonConverter(typeof(ParameterValueJsonConverter))]
public readonly struct ParameterValue : IEquatable<ParameterValue>
{
    private static readonly object IntegerTag = new();
    private static readonly object RealTag = new();
    private static readonly object BooleanTag = new();
    private static readonly object AbsentTag = new();

    /// <summary>A tag that says how to read the bits, or the content itself: a string or <see cref="JsonText"/>.</summary>
    private readonly object? _content;
    private readonly long _bits;

    private ParameterValue(object content, long bits = 0) => (_content, _bits) = (content, bits);

    /// <summary>JSON's null.</summary>
    public static ParameterValue Null => default;

    /// <summary>What this is.</summary>
    public ParameterValueKind Kind => _content switch
    {
        null => ParameterValueKind.Null,
        string => ParameterValueKind.Text,
        JsonText => ParameterValueKind.Json,
        _ when ReferenceEquals(_content, RealTag) => ParameterValueKind.Real,
        _ when ReferenceEquals(_content, IntegerTag) => ParameterValueKind.Integer,
        _ => ParameterValueKind.Boolean,
    };

    /// <summary>Marks a parameter that is not active; never leaves this assembly.</summary>
    internal static ParameterValue Absent => new(AbsentTag);

    internal bool IsAbsent => ReferenceEquals(_content, AbsentTag);

    /// <summary>An integer.</summary>
    public static ParameterValue Of(long value) => new(IntegerTag, value);

    /// <summary>A real number.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is not finite: JSON cannot say it.</exception>
    public static ParameterValue Of(double value) => double.IsFinite(value)
        ? new(RealTag, BitConverter.DoubleToInt64Bits(value))
        : throw new ArgumentOutOfRangeException(nameof(value), value, "must be finite");

    /// <summary>A string.</summary>
    /// <exception cref="ArgumentException"><paramref name="value"/> has half of a surrogate pair: JSON cannot say it.</exception>
    public static ParameterValue Of(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !IsWellFormed(value)
            ? throw new ArgumentException("must be well-formed Unicode", nameof(value))
            : new(value);
    }

    /// <summary>A truth value.</summary>
    public static ParameterValue Of(bool value) => new(BooleanTag, value ? 1 : 0);

    /// <summary>Any JSON value; lists and objects become <see cref="ParameterValueKind.Json"/>.</summary>
    /// <returns>False where the value cannot be kept: an integer beyond 64 bits, a number that is not finite, text that is not well-formed.</returns>
    public static bool TryParse(JsonElement json, out ParameterValue value)
    {
        value = default;
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return true;
            case JsonValueKind.True or JsonValueKind.False:
                value = Of(json.GetBoolean());
                return true;
            case JsonValueKind.String when JsonText.TryGetString(json, out string? text):
                value = Of(text);
                return true;
            case JsonValueKind.Number when json.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0:
                bool fits = json.TryGetInt64(out long integer);
                value = fits ? Of(integer) : default;
                return fits;
            case JsonValueKind.Number when json.TryGetDouble(out double real) && double.IsFinite(real):
                value = Of(real);
                return true;
            case JsonValueKind.Array or JsonValueKind.Object when JsonText.TryCreate(json, out JsonText? structure):
                value = new(structure);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The number this holds.</summary>
    /// <returns>False for everything that is not an integer or a real number; truth values are not numbers.</returns>
    public bool TryGetNumber(out double number)
    {
        if (ReferenceEquals(_content, RealTag))
        {
            number = BitConverter.Int64BitsToDouble(_bits);
            return true;
        }

        bool isInteger = ReferenceEquals(_content, IntegerTag);
        number = isInteger ? _bits : double.NaN;
        return isInteger;
    }

    /// <summary>The integer this holds; a real number without fraction counts.</summary>
    public bool TryGetInteger(out long integer)
    {
        if (ReferenceEquals(_content, IntegerTag))
        {
            integer = _bits;
            return true;
        }

        integer = 0;
        return ReferenceEquals(_content, RealTag) && Integers.TryConvert(BitConverter.Int64BitsToDouble(_bits), out integer);
    }

    /// <summary>The string this holds.</summary>
    public bool TryGetText([NotNullWhen(true)] out string? text)
    {
        text = _content as string;
        return text is not null;
    }

    /// <summary>The number this holds.</summary>
    /// <exception cref="InvalidOperationException">It holds no number.</exception>
    public double AsDouble() => TryGetNumber(out double number)
        ? number
        : throw new InvalidOperationException($"a number is needed, was {Kind} {this}");

    /// <summary>Whether both mean the same value: <c>1</c> and <c>1.0</c> do, <c>1</c> and <c>true</c> and <c>"1"</c> do not.</summary>
    /// <remarks>Wider than equality, which also tells an integer from a real number.</remarks>
    public bool SameAs(ParameterValue other)
    {
        if (TryGetInteger(out long mine) && other.TryGetInteger(out long theirs))
        {
            return mine == theirs;
        }

        return _content is JsonText structure && other._content is JsonText otherStructure
            ? structure.SameAs(otherStructure)
            : Equals(other);
    }

    /// <summary>Same kind and same content; <c>0.0</c> and <c>-0.0</c> are equal, lists and objects are compared as they are written.</summary>
    public bool Equals(ParameterValue other) => ReferenceEquals(_content, RealTag) && ReferenceEquals(other._content, RealTag)
        ? BitConverter.Int64BitsToDouble(_bits).Equals(BitConverter.Int64BitsToDouble(other._bits))
        : _bits == other._bits && Equals(_content, other._content);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ParameterValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ReferenceEquals(_content, RealTag)
        ? BitConverter.Int64BitsToDouble(_bits).GetHashCode()
        : HashCode.Combine(_content is string or JsonText ? _content.GetHashCode() : RuntimeHelpers.GetHashCode(_content), _bits);

    /// <summary>For people: text without quotes, numbers as short as they round-trip, in the invariant culture.</summary>
    public override string ToString() => Kind switch
    {
        ParameterValueKind.Null => "null",
        ParameterValueKind.Boolean => _bits == 1 ? "true" : "false",
        ParameterValueKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        ParameterValueKind.Real => JsonText.Format(BitConverter.Int64BitsToDouble(_bits)),
        _ => _content!.ToString()!,
    };

    /// <summary>The value as JSON, as it stands in faults and files.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Same kind and same content.</summary>
    public static bool operator ==(ParameterValue left, ParameterValue right) => left.Equals(right);

    /// <summary>Another kind or another content.</summary>
    public static bool operator !=(ParameterValue left, ParameterValue right) => !left.Equals(right);

    internal void Write(Utf8JsonWriter writer)
    {
        switch (Kind)
        {
            case ParameterValueKind.Null:
                writer.WriteNullValue();
                break;
            case ParameterValueKind.Boolean:
                writer.WriteBooleanValue(_bits == 1);
                break;
            case ParameterValueKind.Integer:
                writer.WriteNumberValue(_bits);
                break;
            case ParameterValueKind.Real:
                JsonText.WriteReal(writer, BitConverter.Int64BitsToDouble(_bits));
                break;
            case ParameterValueKind.Text:
                writer.WriteStringValue((string)_content!);
                break;
            default:
                writer.WriteRawValue(_content!.ToString()!, skipInputValidation: true);
                break;
        }
    }

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }
}
