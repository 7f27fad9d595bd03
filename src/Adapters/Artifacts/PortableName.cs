using System.Buffers;
using System.Collections.Frozen;

namespace HpoServerless.Adapters.Artifacts;

/// <summary>Names of files that mean something else on some system.</summary>
internal static class PortableName
{
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("<>\"|?*");

    private static readonly FrozenSet<string> Devices = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        ["con", "prn", "aux", "nul", "conin$", "conout$", .. Enumerable.Range(0, 10).SelectMany(number => new[] { $"com{number}", $"lpt{number}" }), "com¹", "com²", "com³", "lpt¹", "lpt²", "lpt³"]);

    /// <summary>Whether Windows takes a name for a device, or would open another file than it says.</summary>
    public static bool IsNotPortable(string name) =>
        name[^1] is '.' or ' ' || name.AsSpan().ContainsAny(Forbidden) || Devices.Contains(name.Split('.')[0].TrimEnd(' '));
}
