namespace HpoServerless.Functions.Access;

/// <summary>What somebody may do. Names in lower case are those of app roles and of keys.</summary>
[Flags]
public enum Roles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Sees experiments, trials, logs and results.</summary>
    Reader = 1,

    /// <summary>Sees, and puts projects, starts and stops experiments of its own.</summary>
    Submitter = 2,

    /// <summary>Everything, also with what belongs to others.</summary>
    Operator = 4,

    /// <summary>Fetches trials as a worker, and nothing else.</summary>
    Worker = 8,
}

/// <summary>What a request needs.</summary>
public enum Right
{
    /// <summary>Nothing: everybody may know.</summary>
    Open,

    /// <summary>The token of the trial that it is about, which the function checks itself.</summary>
    Trial,

    /// <summary>Any role.</summary>
    Known,

    /// <summary>To see.</summary>
    Read,

    /// <summary>To start, and to change what belongs to the caller.</summary>
    Submit,

    /// <summary>To fetch trials.</summary>
    Work,

    /// <summary>To change what belongs to others, and to remove.</summary>
    Operate,
}
