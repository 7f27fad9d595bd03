namespace HpoServerless.Engine.Experiments;

/// <summary>Where the logs of trials that ran elsewhere are in the artifact store.</summary>
public static class TrialLog
{
    /// <summary>Name of a trial's log.</summary>
    public static string NameFor(string experiment, int trial) => FormattableString.Invariant($"{FolderOf(experiment)}{trial}.txt");

    /// <summary>What the names of all logs of an experiment begin with.</summary>
    public static string FolderOf(string experiment) => $"logs/{experiment}/";
}
