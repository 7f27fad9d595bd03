using System.Collections.Immutable;

namespace HpoServerless.Engine.Experiments;

/// <summary>Says which checkpoints a trial keeps, and collects those that go.</summary>
/// <param name="rules">The experiment's rules.</param>
/// <param name="shared">Whether trials may go on from each other's.</param>
internal sealed class CheckpointKeeper(CheckpointRules rules, bool shared)
{
    private readonly List<string> _dropped = [];

    /// <summary>Names of the files that no trial can go on from any more, in the order in which they were given up.</summary>
    /// <param name="trials">All trials as they are now; looked through only where they share files and something was given up.</param>
    public ImmutableArray<string> Dropped(ImmutableList<Trial> trials)
    {
        if (_dropped.Count == 0)
        {
            return [];
        }

        HashSet<string> needed = shared ? [.. trials.SelectMany(NamesOf)] : [];
        return [.. _dropped.Distinct().Where(name => !needed.Contains(name))];
    }

    /// <summary>A trial that saved its state. States that it had already, at that step or further on, are of an earlier attempt.</summary>
    public Trial Add(Trial trial, Checkpoint saved)
    {
        ImmutableArray<Checkpoint> kept = [.. trial.Checkpoints.Where(known => known.Step < saved.Step).TakeLast(rules.Keep - 1), saved];
        return With(trial, kept);
    }

    /// <summary>A trial that began anew at a step: what is further on was of no use.</summary>
    public Trial After(Trial trial, long step) => With(trial, [.. trial.Checkpoints.Where(known => known.Step <= step)]);

    /// <summary>A trial that goes on from nothing but this checkpoint.</summary>
    public Trial Replace(Trial trial, Checkpoint only) => With(trial, [only]);

    /// <summary>A trial that has ended.</summary>
    public Trial Ended(Trial trial) =>
        With(trial, trial.Status == TrialStatus.Completed && rules.KeepCompleted ? [trial.Checkpoints[^1]] : []);

    /// <summary>A checkpoint that nobody waits for.</summary>
    public void Drop(Checkpoint checkpoint) => _dropped.Add(checkpoint.Name);

    private Trial With(Trial trial, ImmutableArray<Checkpoint> kept)
    {
        _dropped.AddRange(trial.Checkpoints.Where(known => !kept.Any(other => other.Name == known.Name)).Select(known => known.Name));
        return trial with { Checkpoints = kept };
    }

    private static IEnumerable<string> NamesOf(Trial trial) =>
        trial.Exploit is { } exploit ? trial.Checkpoints.Select(known => known.Name).Append(exploit.Checkpoint.Name) : trial.Checkpoints.Select(known => known.Name);
}
