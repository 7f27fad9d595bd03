using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HpoServerless.Orchestrations.Telemetry;

/// <summary>What activities measure. Nothing here is for orchestrators: their bodies are replayed.</summary>
/// <remarks>No measurement carries the name of an experiment: there would be as many series as experiments.</remarks>
internal static class Instruments
{
    /// <summary>Name of the source of spans and of the meter.</summary>
    public const string Name = "HpoServerless.Orchestrations";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> TurnDuration = Meter.CreateHistogram<double>("hpo.turn.duration", "s", "Reading the inbox, deciding and committing one turn");

    public static readonly Histogram<int> TurnInbox = Meter.CreateHistogram<int>("hpo.turn.inbox", "{event}", "Events that waited when a turn was taken");

    public static readonly Histogram<double> QueueAge = Meter.CreateHistogram<double>("hpo.queue.age", "s", "From sending a trial message to carrying it out");

    public static readonly Counter<long> Trials = Meter.CreateCounter<long>("hpo.trials", "{trial}", "Trials that came to a state");

    public static readonly Counter<long> Segments = Meter.CreateCounter<long>("hpo.segments", "{segment}", "Segments that ended");

    public static readonly Counter<long> Reports = Meter.CreateCounter<long>("hpo.reports", "{report}", "Reports that were taken in");

    public static readonly Counter<double> Cost = Meter.CreateCounter<double>("hpo.cost", "{unit}", "What ended segments cost, by the prices that experiments name");

    public static readonly Counter<long> Experiments = Meter.CreateCounter<long>("hpo.experiments", "{experiment}", "Experiments that ended");

    /// <summary>Whether anybody listens to what a turn did.</summary>
    public static bool CountsTurns => Trials.Enabled || Segments.Enabled || Reports.Enabled || Cost.Enabled;

    /// <summary>W3C name of the span under way, for those who go on elsewhere; null where none is recorded.</summary>
    public static string? Trace => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } current ? current.Id : null;
}
