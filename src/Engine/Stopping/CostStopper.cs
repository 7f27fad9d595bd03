using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Ends the experiment when its segments have cost as much as they may. What runs counts up to now, so nothing is started that cannot be paid.</summary>
internal sealed class CostStopper : IStopper
{
    public StopVerdict? Check(ExperimentState state, DateTimeOffset now) =>
        state.Definition.Stopping.MaxCost is { } limit && CostAt(state, now) is var cost && cost >= limit
            ? new(ExperimentStatus.Succeeded, $"the cost limit of {limit:0.####} was reached: {cost:0.####} so far")
            : null;

    public DateTimeOffset? Deadline(ExperimentState state)
    {
        if (state.EndsAs is not null || state.Definition.Stopping.MaxCost is not { } limit)
        {
            return null;
        }

        DateTimeOffset since = state.Summary.UpdatedAt;
        double rate = state.Running.Sum(number => RateOf(state, number));
        double hours = (limit - CostAt(state, since)) / rate;
        return rate > 0 && hours < 24 * 365 ? since + TimeSpan.FromHours(Math.Max(0, hours)) : null;
    }

    /// <summary>What ended segments cost, and what those cost so far whose programs run. One that still waits for its site costs nothing.</summary>
    private static double CostAt(ExperimentState state, DateTimeOffset now) =>
        state.Summary.Cost + state.Running.Sum(number => Math.Max(0, (now - (state.TrialAt(number).BegunAt ?? now)).TotalHours) * RateOf(state, number));

    private static double RateOf(ExperimentState state, int number) =>
        state.TrialAt(number) is { BegunAt: not null } trial ? state.Definition.CostPerHourAt(trial.Site ?? state.Definition.Site) : 0;
}
