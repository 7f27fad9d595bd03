using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Space;

/// <summary>The values one trial is given: name and value of every active parameter, in the order of the space.</summary>
/// <remarks>
/// Parameters whose condition does not hold are absent. Immutable. Two configurations are equal when they have the same names with equal
/// values, in any order. As JSON it is a plain object in parameter order.
/// Memory: one array of 16 bytes a parameter; names are shared by all configurations of a space.
/// </remarks>
[JsonConverter(typeof(ConfigurationJsonConverter))]
public sealed class Configuration : IReadOnlyCollection<KeyValuePair<string, ParameterValue>>, IEquatable<Configuration>
{
    private readonly NameTable _names;
    private readonly ParameterValue[] _values;

    /// <summary>A configuration of these pairs, in this order.</summary>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public Configuration(IEnumerable<KeyValuePair<string, ParameterValue>> values)
    {
        KeyValuePair<string, ParameterValue>[] pairs = [.. values];
        string? twice = pairs.GroupBy(pair => pair.Key, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any())?.Key;
        if (twice is not null)
        {
            throw new ArgumentException($"parameter '{twice}' is given twice", nameof(values));
        }

        _names = new([.. pairs.Select(pair => pair.Key)]);
        _values = [.. pairs.Select(pair => pair.Value)];
        Count = pairs.Length;
    }

    /// <summary>Takes ownership of <paramref name="values"/>: one for each name, <see cref="ParameterValue.Absent"/> where inactive.</summary>
    internal Configuration(NameTable names, ParameterValue[] values, int count) => (_names, _values, Count) = (names, values, count);

    /// <summary>No parameters.</summary>
    public static Configuration Empty { get; } = new(new NameTable([]), [], 0);

    /// <summary>Number of active parameters.</summary>
    public int Count { get; }

    /// <summary>Names of the active parameters, in order.</summary>
    public IEnumerable<string> Names => this.Select(pair => pair.Key);

    /// <summary>Value of a parameter.</summary>
    /// <exception cref="KeyNotFoundException">There is no such parameter, or it is not active.</exception>
    public ParameterValue this[string name] => TryGetValue(name, out ParameterValue value)
        ? value
        : throw new KeyNotFoundException($"parameter '{name}' is not in the configuration {this}");

    /// <summary>A configuration of these pairs, in this order.</summary>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public static Configuration Of(params ReadOnlySpan<(string Name, ParameterValue Value)> values)
    {
        KeyValuePair<string, ParameterValue>[] pairs = new KeyValuePair<string, ParameterValue>[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            pairs[i] = new(values[i].Name, values[i].Value);
        }

        return new(pairs);
    }

    /// <summary>Whether a parameter is active, and its value.</summary>
    public bool TryGetValue(string name, out ParameterValue value)
    {
        int position = _names.PositionOf(name);
        value = position < 0 ? ParameterValue.Absent : _values[position];
        if (!value.IsAbsent)
        {
            return true;
        }

        value = default;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, ParameterValue>> GetEnumerator()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            if (!_values[i].IsAbsent)
            {
                yield return new(_names[i], _values[i]);
            }
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Same names with equal values, in any order.</summary>
    public bool Equals([NotNullWhen(true)] Configuration? other)
    {
        if (other is null || Count != other.Count)
        {
            return false;
        }

        if (ReferenceEquals(_names, other._names))
        {
            return _values.AsSpan().SequenceEqual(other._values);
        }

        for (int i = 0; i < _values.Length; i++)
        {
            if (!_values[i].IsAbsent && !(other.TryGetValue(_names[i], out ParameterValue value) && value == _values[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Configuration);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        int sum = Count;
        for (int i = 0; i < _values.Length; i++)
        {
            if (!_values[i].IsAbsent)
            {
                sum += HashCode.Combine(_names[i], _values[i]); // a sum, because order does not count
            }
        }

        return sum;
    }

    /// <summary>For people: <c>lr=0.01, layers=3</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach ((string name, ParameterValue value) in this)
        {
            text.Append(text.Length == 0 ? string.Empty : ", ").Append(name).Append('=').Append(value);
        }

        return text.ToString();
    }

    /// <summary>The plain JSON object a trial reads.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        for (int i = 0; i < _values.Length; i++)
        {
            if (!_values[i].IsAbsent)
            {
                writer.WritePropertyName(_names[i]);
                _values[i].Write(writer);
            }
        }

        writer.WriteEndObject();
    }
}
