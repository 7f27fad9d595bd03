using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>Says in one call of a scheduler who goes on from whom.</summary>
internal sealed class Generation(string name, PopulationOptions options, IExplorer explorer, SchedulerContext context, CurveTable curves)
{
    private readonly Dictionary<long, Ranking> _rankings = [];
    private readonly IExploration _exploration = explorer.Open(context, curves);

    /// <summary>Compares a trial with the others at its age.</summary>
    /// <returns>What is decided where it goes on from another one, else null; and what was compared with what.</returns>
    public (Decision? Exploit, string Compared) Compare(int trial, long step)
    {
        Ranking ranking = _rankings.TryGetValue(step, out Ranking? known) ? known : _rankings[step] = Ranking.At(step, options, curves, context);
        if (ranking.PlaceOf(trial) is not { } place || ranking.Share == 0)
        {
            return (null, $"step {step}: goes on, {(ranking.Count < 2 ? "nobody else is as far" : "no share gives way")}");
        }

        ReportedSign sign = new(context.Mode);
        double value = ranking.ValueAt(place);
        string compared = $"trial {trial} is at place {place} of {ranking.Count} at step {step} (value {sign.Text(value)}, cut-off {sign.Text(ranking.CutOff)})";
        if (!ranking.GivesWay(place))
        {
            return (null, $"{compared}: goes on");
        }

        int[] donors = [.. ranking.DonorsFor(value).Where(donor => context.Trials.CheckpointOf(donor) is { } saved && saved.Step >= step - options.Interval)];
        if (donors.Length == 0)
        {
            return (null, $"{compared}: goes on, because no better trial has a checkpoint near that step");
        }

        int donor = donors[SeededRandom.For(context.Seed, $"{name}-donor-{step}", trial).NextInt(donors.Length)];
        Configuration next = _exploration.Explore(new(trial, step, donor));
        long saved = context.Trials.CheckpointOf(donor)!.Step;
        string from = $"goes on from the checkpoint of trial {donor} at step {saved}{(saved < step ? $", counted as step {step}" : string.Empty)} (value at step {step}: {sign.Text(ranking.ValueAt(ranking.PlaceOf(donor)!.Value))}) {ConfigurationChange.Text(context.Trials.ConfigurationOf(trial), next)}";
        return (new(DecisionAction.Exploit, trial, $"{compared}: {from}") { From = donor, Configuration = next }, compared);
    }
}
