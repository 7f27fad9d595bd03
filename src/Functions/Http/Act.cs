using HpoServerless.Functions.Access;

namespace HpoServerless.Functions.Http;

/// <summary>What a request is about to do.</summary>
/// <param name="Right">What it needs.</param>
/// <param name="Name">What it is called in the audit log; null where it changes nothing that people are asked about later.</param>
/// <param name="Target">What it changes, as the end of an address; null where that is not known yet.</param>
internal sealed record Act(Right Right, string? Name = null, string? Target = null)
{
    /// <summary>Whether it is done so often that the audit log has only who was not let.</summary>
    public bool IsRoutine { get; init; }

    /// <summary>Everybody may.</summary>
    public static Act ForAll { get; } = new(Right.Open);

    /// <summary>A trial that shows its token.</summary>
    public static Act ForTrial { get; } = new(Right.Trial);

    /// <summary>Looks at something.</summary>
    public static Act Look { get; } = new(Right.Read);

    /// <summary>What a worker does all the time.</summary>
    public static Act Work { get; } = new(Right.Work);
}

/// <summary>A request that was let in.</summary>
internal sealed class Call(Act act)
{
    /// <summary>Who sent it.</summary>
    public Caller Caller { get; set; } = Caller.Nobody;

    /// <summary>What it changes.</summary>
    public string? Target { get; set; } = act.Target;
}
