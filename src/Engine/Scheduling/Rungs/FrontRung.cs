using System.Collections.Immutable;
using HpoServerless.Engine.Scheduling.MultiObjective;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>A rung where several metrics count: good enough is the first front, and the best share by front and room.</summary>
/// <remarks>Costs one <see cref="ParetoOrder"/> of the trials that came before when a trial is asked about, once.</remarks>
/// <param name="share">Share of the trials, the one that is judged included, that is good enough; in (0, 1).</param>
internal sealed class FrontRung(double share) : IRung
{
    private readonly List<ImmutableArray<double>> _objectives = [];
    private readonly Dictionary<int, RungVerdict> _verdicts = [];

    public void Add(ScheduledReport report) => _objectives.Add(report.Objectives);

    public RungVerdict Judge(int arrival, ReportedSign sign)
    {
        if (!_verdicts.TryGetValue(arrival, out RungVerdict verdict))
        {
            _verdicts[arrival] = verdict = Judge(arrival);
        }

        return verdict;
    }

    private RungVerdict Judge(int arrival)
    {
        if (_objectives[arrival].IsDefault)
        {
            return new(false, "not all of its metrics are numbers");
        }

        ParetoPlace[] places = ParetoOrder.Places(_objectives[..(arrival + 1)]);
        int compared = places.Count(place => place.Front is not null);
        int good = (int)Math.Ceiling(share * compared);
        ParetoPlace own = places[arrival];
        return new(
            own.Front == 0 || own.Place <= good,
            $"place {own.Place} of {compared} by front and room, on front {own.Front + 1} of {places.Max(place => place.Front) + 1}; front 1 and the best {good} go on");
    }
}
