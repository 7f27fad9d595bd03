namespace HpoServerless.Contracts.Azurite;

/// <summary>Ports of one emulator; 0 takes a free one.</summary>
public sealed record AzuritePorts(int Blob, int Queue, int Table)
{
    /// <summary>Free ports, chosen by the system.</summary>
    public static AzuritePorts Free { get; } = new(0, 0, 0);
}
