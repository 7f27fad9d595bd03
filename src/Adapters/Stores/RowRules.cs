using System.Buffers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores;

/// <summary>What <see cref="IRowStore"/> demands of what it is given.</summary>
internal static class RowRules
{
    private const int LongestKey = 200;
    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether a text can be a partition or a key.</summary>
    public static bool IsKey(string text) => text.Length is >= 1 and <= LongestKey && !text.AsSpan().ContainsAnyExcept(KeyCharacters);

    /// <exception cref="InvalidInputException">Something breaks a rule.</exception>
    public static void Check(string partition, string? key = null, string? content = null)
    {
        List<Fault> faults = [];
        if (!IsKey(partition))
        {
            faults.Add(new("partition", partition, $"must be 1 to {LongestKey} of A-Z a-z 0-9 . _ -"));
        }

        if (key is not null && !IsKey(key))
        {
            faults.Add(new("key", key, $"must be 1 to {LongestKey} of A-Z a-z 0-9 . _ -"));
        }

        if (content?.Length > IRowStore.MaxContent)
        {
            faults.Add(new("content", $"{content.Length} characters", $"must have at most {IRowStore.MaxContent}"));
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }
}
