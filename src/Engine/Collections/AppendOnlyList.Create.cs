namespace HpoServerless.Engine.Collections;

/// <summary>Builds <see cref="AppendOnlyList{T}"/> from collection expressions.</summary>
public static class AppendOnlyList
{
    /// <summary>A list of the given elements, in their order.</summary>
    public static AppendOnlyList<T> Create<T>(ReadOnlySpan<T> items)
    {
        AppendOnlyList<T> list = AppendOnlyList<T>.Empty;
        foreach (T item in items)
        {
            list = list.Add(item);
        }

        return list;
    }
}
