using System.Collections.Immutable;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>The few things about C# notation that both sides need.</summary>
public static class ApiText
{
    /// <summary>Splits a comma-separated list, but not inside angle brackets.</summary>
    public static ImmutableArray<string> SplitTopLevel(string list)
    {
        ImmutableArray<string>.Builder parts = ImmutableArray.CreateBuilder<string>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < list.Length; i++)
        {
            depth += list[i] switch { '<' => 1, '>' => -1, _ => 0 };
            if (list[i] == ',' && depth == 0)
            {
                parts.Add(list[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(list[start..].Trim());
        return parts.ToImmutable();
    }
}
