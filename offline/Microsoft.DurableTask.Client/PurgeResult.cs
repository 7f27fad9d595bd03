namespace Microsoft.DurableTask.Client;

public class PurgeResult
{
    public PurgeResult(int count)
        : this(count, isComplete: null)
    {
    }

    public PurgeResult(int count, bool? isComplete)
    {
        if (count < 0)
        {
            throw new ArgumentException($"A purge removes 0 or more instances, not {count}.", nameof(count));
        }

        PurgedInstanceCount = count;
        IsComplete = isComplete;
    }

    public int PurgedInstanceCount { get; }

    public bool? IsComplete { get; }
}
