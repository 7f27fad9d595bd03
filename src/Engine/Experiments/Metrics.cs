using System.Collections;
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Named numbers that a trial reported at one step, in the order they were given. Values may be NaN or infinite.</summary>
/// <remarks>JSON: an object; what is not finite stands as <c>"nan"</c>, <c>"inf"</c> or <c>"-inf"</c>.</remarks>
[JsonConverter(typeof(MetricsJsonConverter))]
public sealed class Metrics : IReadOnlyCollection<KeyValuePair<string, double>>, IEquatable<Metrics>
{
    private readonly ImmutableArray<KeyValuePair<string, double>> _values;

    /// <summary>The given metrics; of a name given twice the last value counts.</summary>
    public Metrics(params IEnumerable<KeyValuePair<string, double>> values)
    {
        ImmutableArray<KeyValuePair<string, double>>.Builder builder = ImmutableArray.CreateBuilder<KeyValuePair<string, double>>();
        foreach (KeyValuePair<string, double> value in values)
        {
            int known = -1;
            for (int i = 0; i < builder.Count && known < 0; i++)
            {
                known = builder[i].Key == value.Key ? i : -1;
            }

            if (known < 0)
            {
                builder.Add(value);
            }
            else
            {
                builder[known] = value;
            }
        }

        _values = builder.DrainToImmutable();
    }

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <summary>The value of a metric, or null where it was not reported.</summary>
    public double? this[string name]
    {
        get
        {
            foreach (KeyValuePair<string, double> value in _values)
            {
                if (value.Key == name)
                {
                    return value.Value;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public bool Equals(Metrics? other) => other is not null && _values.SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Metrics);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Length == 0 ? 0 : HashCode.Combine(_values.Length, _values[0].Value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, double>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, double>>)_values).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The metrics for people: <c>loss 0.5, accuracy 0.9</c>.</summary>
    public override string ToString() => string.Join(", ", _values.Select(v => $"{v.Key} {v.Value:R}"));
}
