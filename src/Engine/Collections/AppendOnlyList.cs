using System.Collections;
using System.Runtime.CompilerServices;

namespace HpoServerless.Engine.Collections;

/// <summary>An immutable list that shares its storage with the lists it was extended from, so that appending costs O(1) amortised.</summary>
/// <remarks>
/// <para>Appending to the newest version writes into the shared array; appending to an older one copies. Either way no version ever changes.</para>
/// <para><see cref="IsContinuedBy"/> tells in O(1) that a later list merely continues an earlier one: what was computed from the earlier can be extended.</para>
/// </remarks>
/// <typeparam name="T">Element type; elements should be immutable themselves.</typeparam>
[CollectionBuilder(typeof(AppendOnlyList), nameof(AppendOnlyList.Create))]
public sealed class AppendOnlyList<T> : IReadOnlyList<T>
{
    private readonly Storage _storage;

    private AppendOnlyList(Storage storage, int count)
    {
        _storage = storage;
        Count = count;
    }

    /// <summary>The list without elements.</summary>
    public static AppendOnlyList<T> Empty => new(new Storage(4), 0);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public T this[int index] => (uint)index < (uint)Count
        ? _storage.Items[index]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"must be below {Count}");

    /// <summary>All elements, without copying.</summary>
    public ReadOnlySpan<T> AsSpan() => _storage.Items.AsSpan(0, Count);

    /// <summary>This list and one more element.</summary>
    public AppendOnlyList<T> Add(T item)
    {
        // Only one caller wins the slot after the last element; everybody else continues in a copy.
        if (Count < _storage.Items.Length && Interlocked.CompareExchange(ref _storage.Used, Count + 1, Count) == Count)
        {
            _storage.Items[Count] = item;
            return new(_storage, Count + 1);
        }

        Storage copy = new(Math.Max(4, Count * 2)) { Origin = new(_storage.Mark, Count, _storage.Origin) };
        AsSpan().CopyTo(copy.Items);
        copy.Items[Count] = item;
        copy.Used = Count + 1;
        return new(copy, Count + 1);
    }

    /// <summary>Whether <paramref name="later"/> is known to begin with this whole list, because it was extended from it. Costs O(log n) at most.</summary>
    public bool IsContinuedBy(AppendOnlyList<T> later)
    {
        if (later.Count < Count)
        {
            return false;
        }

        bool known = ReferenceEquals(_storage, later._storage);
        for (Origin? origin = later._storage.Origin; !known && origin is not null; origin = origin.Before)
        {
            known = ReferenceEquals(origin.Mark, _storage.Mark) && origin.Count >= Count;
        }

        return known;
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return _storage.Items[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Storage(int capacity)
    {
        public readonly T[] Items = new T[capacity];
        public int Used;

        /// <summary>Stands for the storage where it would be a waste to keep it.</summary>
        public object Mark { get; } = new();

        /// <summary>What it was copied from; null for the first.</summary>
        public Origin? Origin { get; init; }
    }

    /// <summary>A storage that another one began as a copy of.</summary>
    /// <param name="Mark">Which.</param>
    /// <param name="Count">How many elements were copied.</param>
    /// <param name="Before">What that one was copied from.</param>
    private sealed record Origin(object Mark, int Count, Origin? Before);
}
