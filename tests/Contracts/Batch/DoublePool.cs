namespace HpoServerless.Contracts.Batch;

/// <summary>A pool of the double.</summary>
/// <param name="id">Its id.</param>
public sealed class DoublePool(string id)
{
    public string Id { get; } = id;

    public int Nodes { get; set; } = 1;

    public int SpotNodes { get; set; }

    public int SlotsPerNode { get; set; } = 1;

    public bool SizesItself { get; set; }

    /// <summary>Whether its tasks must name an image.</summary>
    public bool ForContainers { get; set; }

    internal int Slots => (Nodes + SpotNodes) * SlotsPerNode;
}
