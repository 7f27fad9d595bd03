using System.Collections;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Named numbers that a trial reported at one step, in the order they were given. Values may be NaN or infinite.</summary>
/// <remarks>JSON: an object; what is not finite stands as <c>"nan"</c>, <c>"inf"</c> or <c>"-inf"</c>.</remarks>
[JsonConverter(typeof(MetricsJsonConverter))]
public sealed class Metrics : IReadOnlyCollection<KeyValuePair<string, double>>, IEquatable<Metrics>
{
    private readonly double[] _values;

    /// <summary>The given metrics; of a name given twice the last value counts.</summary>
    public Metrics(params IEnumerable<KeyValuePair<string, double>> values)
    {
        List<string> names = [];
        List<double> numbers = [];
        foreach ((string name, double number) in values)
        {
            int known = names.IndexOf(name);
            if (known < 0)
            {
                names.Add(name);
                numbers.Add(number);
            }
            else
            {
                numbers[known] = number;
            }
        }

        (Names, _values) = (new([.. names]), [.. numbers]);
    }

    /// <summary>Takes ownership of <paramref name="values"/>: one for each name.</summary>
    internal Metrics(MetricNames names, double[] values) => (Names, _values) = (names, values);

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <summary>The value of a metric, or null where it was not reported.</summary>
    public double? this[string name] => Names.IndexOf(name) is >= 0 and var position ? _values[position] : null;

    /// <summary>The names, in the order of <see cref="Values"/>.</summary>
    internal MetricNames Names { get; }

    /// <summary>The numbers, in the order of <see cref="Names"/>.</summary>
    internal ReadOnlySpan<double> Values => _values;

    /// <inheritdoc/>
    public bool Equals(Metrics? other) => other is not null && Names.IsSame(other.Names) && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Metrics);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Length == 0 ? 0 : HashCode.Combine(_values.Length, _values[0]);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, double>> GetEnumerator()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            yield return new(Names[i], _values[i]);
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The metrics for people: <c>loss 0.5, accuracy 0.9</c>.</summary>
    public override string ToString() => string.Join(", ", this.Select(v => $"{v.Key} {v.Value:R}"));

    /// <summary>Whether both would be written alike, to the last bit.</summary>
    internal bool IsSame(Metrics other) =>
        Names.IsSame(other.Names) && MemoryMarshal.Cast<double, long>(_values).SequenceEqual(MemoryMarshal.Cast<double, long>(other._values));
}
