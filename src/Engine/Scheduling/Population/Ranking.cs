using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>The members of a population at one age, best first.</summary>
/// <remarks>
/// A member counts with its latest value at or before that age, also where it is older by now; one that is younger by an interval or more is left
/// out, and so are failed and stopped trials.
/// </remarks>
internal sealed class Ranking
{
    private readonly (int Trial, double Value)[] _members;
    private readonly Dictionary<int, int> _places = [];

    private Ranking((int Trial, double Value)[] members, int share)
    {
        (_members, Share) = (members, share);
        for (int i = 0; i < members.Length; i++)
        {
            _places[members[i].Trial] = i + 1;
        }
    }

    /// <summary>How many are compared.</summary>
    public int Count => _members.Length;

    /// <summary>How many give way, and to how many.</summary>
    public int Share { get; }

    /// <summary>The worst value that does not give way; there must be a member.</summary>
    public double CutOff => _members[^(Share + 1)].Value;

    public static Ranking At(long step, PopulationOptions options, CurveTable curves, SchedulerContext context)
    {
        List<(int Trial, double Value)> members = [];
        for (int trial = 1; trial < context.NextTrial; trial++)
        {
            if (context.Trials.StatusOf(trial) is not (TrialStatus.Failed or TrialStatus.Stopped)
                && curves.CurveOf(trial)?.At(step) is { } point && point.Step > step - options.Interval)
            {
                members.Add((trial, point.Value));
            }
        }

        int share = Math.Min((int)Math.Ceiling(options.Quantile * members.Count), members.Count / 2);
        return new([.. members.OrderBy(member => member.Value).ThenBy(member => member.Trial)], share);
    }

    /// <summary>Place of a trial, from 1; null where it is not compared.</summary>
    public int? PlaceOf(int trial) => _places.TryGetValue(trial, out int place) ? place : null;

    /// <summary>Value of the trial at a place.</summary>
    public double ValueAt(int place) => _members[place - 1].Value;

    /// <summary>Whether the trial at a place gives way.</summary>
    public bool GivesWay(int place) => place > Count - Share;

    /// <summary>The trials that others may go on from: the best, as far as they are better than a value.</summary>
    public IEnumerable<int> DonorsFor(double value) => _members.Take(Share).Where(member => member.Value < value).Select(member => member.Trial);
}
