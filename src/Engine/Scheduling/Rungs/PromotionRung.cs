namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>One rung. Smaller values are better; of equal values, the smaller trial number.</summary>
/// <param name="step">Where it is.</param>
internal sealed class PromotionRung(long step)
{
    private readonly List<(double Value, int Trial)> _sorted = [];

    /// <summary>Paused trials that reached it and no higher one, best first.</summary>
    public SortedSet<(double Value, int Trial)> Waiting { get; } = [];

    /// <summary>A trial reached it.</summary>
    public void Add(double value, int trial) => _sorted.Insert(~_sorted.BinarySearch((value, trial)), (value, trial));

    /// <summary>A trial that reached it has failed.</summary>
    public void Remove(double value, int trial) => _sorted.RemoveAt(_sorted.BinarySearch((value, trial)));

    /// <summary>Where a trial that reached it stands.</summary>
    public RungPlace PlaceOf(double value, int trial) => new(step, value, _sorted.BinarySearch((value, trial)) + 1, _sorted.Count);
}
