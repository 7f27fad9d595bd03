namespace HpoServerless.Contracts.Aws;

/// <summary>An instance of the double. What it is when it runs is up to the test.</summary>
public sealed class Ec2DoubleInstance
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What EC2 says of it.</summary>
    public string State { get; set; } = "stopped";

    /// <summary>Its name in the net while it runs.</summary>
    public string PublicName { get; init; } = "127.0.0.1";

    /// <summary>How long it is pending, or stopping.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>What happens a moment after it runs.</summary>
    public Func<Task> Boot { get; init; } = () => Task.CompletedTask;

    /// <summary>What happens before it has stopped.</summary>
    public Func<Task> Halt { get; init; } = () => Task.CompletedTask;
}
