namespace HpoServerless.Engine.Experiments;

/// <summary>Distinct names of metrics in an order. Reports that have the same ones share them.</summary>
/// <param name="names">Owned by it from now on.</param>
internal sealed class MetricNames(string[] names)
{
    private readonly string[] _names = names;

    public int Count => _names.Length;

    public string this[int position] => _names[position];

    /// <summary>Position of a name, or -1.</summary>
    public int IndexOf(string name) => Array.IndexOf(_names, name);

    /// <summary>Whether the same names stand there in the same order.</summary>
    public bool IsSame(MetricNames other) => ReferenceEquals(this, other) || _names.AsSpan().SequenceEqual(other._names);

    /// <summary>Whether all of the other names are among these, in the same order.</summary>
    public bool Covers(MetricNames other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        int found = 0;
        for (int i = 0; i < _names.Length && found < other.Count; i++)
        {
            found += _names[i] == other[found] ? 1 : 0;
        }

        return found == other.Count;
    }

    /// <summary>Names among which both these and the others are, each in their order.</summary>
    /// <returns>Null where that is not found: their orders contradict each other, or hardly fit.</returns>
    public MetricNames? With(MetricNames other)
    {
        if (other.Covers(this))
        {
            return other;
        }

        MetricNames both = new([.. _names.Union(other._names, StringComparer.Ordinal)]);
        return both.Covers(other) ? both : null;
    }
}
