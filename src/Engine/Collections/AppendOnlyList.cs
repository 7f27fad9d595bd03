using System.Collections;
using System.Runtime.CompilerServices;

namespace HpoServerless.Engine.Collections;

/// <summary>An immutable list that shares its storage with the lists it was extended from, so that appending costs O(1) amortised.</summary>
/// <remarks>
/// <para>Appending to the newest version writes into the shared storage; appending to an older one copies what is not full yet. Either way no version ever changes.</para>
/// <para><see cref="IsContinuedBy"/> tells in O(1) that a later list merely continues an earlier one: what was computed from the earlier can be extended.</para>
/// <para>A long list stands in blocks, so that it neither moves when it grows nor takes more than one block beyond its elements.</para>
/// </remarks>
/// <typeparam name="T">Element type; elements should be immutable themselves.</typeparam>
[CollectionBuilder(typeof(AppendOnlyList), nameof(AppendOnlyList.Create))]
public sealed class AppendOnlyList<T> : IReadOnlyList<T>
{
    private const int BlockBits = 10;
    private const int BlockLength = 1 << BlockBits;

    private readonly Storage _storage;

    private AppendOnlyList(Storage storage, int count)
    {
        _storage = storage;
        Count = count;
    }

    /// <summary>The list without elements.</summary>
    public static AppendOnlyList<T> Empty => new(new Storage([new T[4]]), 0);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public T this[int index] => (uint)index < (uint)Count
        ? _storage.Blocks[index >> BlockBits][index & (BlockLength - 1)]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"must be below {Count}");

    /// <summary>This list and one more element.</summary>
    public AppendOnlyList<T> Add(T item)
    {
        // Only one caller wins the slot after the last element; everybody else continues in a copy.
        Storage storage = Count < _storage.Capacity && Interlocked.CompareExchange(ref _storage.Used, Count + 1, Count) == Count ? _storage : Copy();
        ref T[] block = ref storage.Blocks[Count >> BlockBits];
        block ??= new T[BlockLength];
        block[Count & (BlockLength - 1)] = item;
        return new(storage, Count + 1);
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
            yield return this[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A storage with all elements and room for one more, which is taken. Full blocks are shared, because nobody writes into them any more.</summary>
    private Storage Copy()
    {
        int full = Count >> BlockBits;
        int rest = Count & (BlockLength - 1);
        T[][] blocks = new T[full == 0 ? 1 : full * 2][];
        _storage.Blocks.AsSpan(0, full).CopyTo(blocks);
        if (full == 0 || rest > 0)
        {
            blocks[full] = new T[full == 0 ? Math.Clamp(Count * 2, 4, BlockLength) : BlockLength];
            _storage.Blocks[full].AsSpan(0, rest).CopyTo(blocks[full]);
        }

        return new(blocks) { Origin = new(_storage.Mark, Count, _storage.Origin), Used = Count + 1 };
    }

    private sealed class Storage(T[][] blocks)
    {
        public readonly T[][] Blocks = blocks;
        public int Used;

        public int Capacity => Blocks.Length == 1 ? Blocks[0].Length : Blocks.Length << BlockBits;

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
