namespace Microsoft.DurableTask;

/// <summary>Version of an orchestrator or activity. Compared without regard to case; null and empty mean unversioned.</summary>
public readonly struct TaskVersion : IEquatable<TaskVersion>
{
    public static readonly TaskVersion Unversioned;

    private readonly string? _version;

    public TaskVersion(string? version)
    {
        if (version is { Length: > 0 } && version.All(char.IsWhiteSpace))
        {
            throw new ArgumentException("A task version is either empty or has a visible character.", nameof(version));
        }

        _version = version;
    }

    public string Version => _version ?? "";

    public static implicit operator string(TaskVersion value) => value.Version;

    public static implicit operator TaskVersion(string? value) => new(value);

    public static bool operator ==(TaskVersion a, TaskVersion b) => a.Equals(b);

    public static bool operator !=(TaskVersion a, TaskVersion b) => !a.Equals(b);

    public bool Equals(TaskVersion other) => StringComparer.OrdinalIgnoreCase.Equals(Version, other.Version);

    public override bool Equals(object? obj) => obj is TaskVersion other && Equals(other);

    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Version);
}
