namespace HpoServerless.Adapters.Stores.Versions;

/// <summary>Version of what the stores hold. It rises only where an older program would misread what a newer one wrote: docs/adr/0009-upgrades.md.</summary>
public static class DataVersion
{
    /// <summary>Version that this program writes. Data without a mark have version 1.</summary>
    public const int Current = 1;

    /// <summary>Version of this program, for the mark and for messages.</summary>
    internal static string Program { get; } = typeof(DataVersion).Assembly.GetName().Version!.ToString(3);
}
