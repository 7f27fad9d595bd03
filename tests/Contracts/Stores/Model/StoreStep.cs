namespace HpoServerless.Contracts.Stores.Model;

/// <summary>One generated operation. What its numbers mean depends on the kind; plain numbers keep failures short to read.</summary>
/// <param name="Kind">Which operation.</param>
/// <param name="Experiment">On which of a few experiments.</param>
/// <param name="A">First number, 0 to 9.</param>
/// <param name="B">Second number, 0 to 9.</param>
public sealed record StoreStep(StoreStepKind Kind, int Experiment, int A, int B)
{
    public string Id => $"e{Experiment}";

    public override string ToString() => $"{Kind}({Id}, {A}, {B})";
}

/// <summary>Kinds of operation.</summary>
public enum StoreStepKind
{
    /// <summary>Create.</summary>
    Create,

    /// <summary>Post event A of segment B % 2.</summary>
    Post,

    /// <summary>Read at most A + 1 events.</summary>
    ReadInbox,

    /// <summary>Commit the next turn: fold the first A waiting events and write trials from B % 4 + 1 on.</summary>
    Commit,

    /// <summary>Commit turn A, which mostly is the wrong one.</summary>
    CommitNumber,

    /// <summary>Read turns from A on.</summary>
    ReadTurns,

    /// <summary>Find trial A.</summary>
    FindTrial,

    /// <summary>List trials by pages of A + 1.</summary>
    ListTrials,

    /// <summary>List experiments by pages of A + 1.</summary>
    ListExperiments,

    /// <summary>Save a snapshot of the last turn.</summary>
    SaveSnapshot,

    /// <summary>Delete.</summary>
    Delete,

    /// <summary>Open the data again, where the store can.</summary>
    Reopen,
}
