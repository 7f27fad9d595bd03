using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Functions.Access;

/// <summary>What a user has open, and what its ended experiments cost, by days.</summary>
internal sealed record Ledger
{
    /// <summary>Nothing.</summary>
    public static Ledger Empty { get; } = new();

    /// <summary>Experiments that had not ended when it was last looked.</summary>
    public ImmutableArray<OpenExperiment> Open { get; init; } = [];

    /// <summary>Cost of ended experiments by the day of their end, as days since year 1.</summary>
    public ImmutableSortedDictionary<int, double> Spent { get; init; } = ImmutableSortedDictionary<int, double>.Empty;

    /// <summary>What it is in numbers.</summary>
    public QuotaUse Use => new(Open.Length, Open.Sum(open => (long)open.Trials), Open.Sum(open => open.Cost) + Spent.Values.Sum());

    /// <summary>With an experiment that is about to be made. Where that is tried with several sizes, nobody knows yet which will be made: the largest counts.</summary>
    public Ledger With(OpenExperiment experiment) => As(Open.FirstOrDefault(open => open.Id == experiment.Id) is { } known
        ? experiment with { Trials = Math.Max(known.Trials, experiment.Trials), Cost = Math.Max(known.Cost, experiment.Cost), At = Math.Max(known.At, experiment.At) }
        : experiment);

    /// <summary>With an experiment as it is.</summary>
    public Ledger As(OpenExperiment experiment) => this with { Open = [.. Open.Where(open => open.Id != experiment.Id), experiment] };

    /// <summary>Without an experiment, and with what it cost.</summary>
    public Ledger Without(string id, int day = 0, double cost = 0) => this with
    {
        Open = [.. Open.Where(open => open.Id != id)],
        Spent = cost > 0 ? Spent.SetItem(day, Spent.GetValueOrDefault(day) + cost) : Spent,
    };

    /// <summary>Without what was spent before a day.</summary>
    public Ledger Since(int day) => this with { Spent = Spent.RemoveRange(Spent.Keys.Where(known => known < day)) };
}

/// <summary>An experiment that counts.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Trials">How many trials it may run at once.</param>
/// <param name="Cost">What it may cost; 0 where its sites cost nothing.</param>
/// <param name="At">When it was counted, in seconds since 1970.</param>
internal sealed record OpenExperiment(string Id, int Trials, double Cost, long At)
{
    public static OpenExperiment Of(string id, ExperimentDefinition definition, DateTimeOffset now) => new(
        id,
        Math.Min(definition.MaxConcurrent, definition.NumTrials),
        Costs(definition) ? definition.Stopping.MaxCost ?? 0 : 0,
        now.ToUnixTimeSeconds());

    /// <summary>Whether a definition uses a site that costs something.</summary>
    public static bool Costs(ExperimentDefinition definition) => definition.Sites.Any(site => site.CostPerHour > 0);
}

/// <summary>How much a user has.</summary>
/// <param name="Experiments">Experiments that have not ended.</param>
/// <param name="Trials">Trials that these may run at once.</param>
/// <param name="Cost">What ended experiments cost within the days that count, and what the open ones may cost.</param>
public sealed record QuotaUse(int Experiments, long Trials, double Cost)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Experiments} experiments, {Trials} trials at once, cost {Cost:0.##}");
}
