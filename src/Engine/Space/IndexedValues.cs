using System.Collections;

namespace HpoServerless.Engine.Space;

/// <summary>A list whose values are made on access.</summary>
internal sealed class IndexedValues(int count, Func<int, ParameterValue> valueAt) : IReadOnlyList<ParameterValue>
{
    public int Count => count;

    public ParameterValue this[int index] => (uint)index < (uint)count
        ? valueAt(index)
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"must be below {count}");

    /// <summary>A list of <paramref name="count"/> values, or null where a list cannot be that long.</summary>
    public static IndexedValues? TryCreate(UInt128 count, Func<int, ParameterValue> valueAt) =>
        count <= int.MaxValue ? new((int)count, valueAt) : null;

    public IEnumerator<ParameterValue> GetEnumerator() => Enumerable.Range(0, count).Select(valueAt).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
