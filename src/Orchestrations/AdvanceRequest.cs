namespace HpoServerless.Orchestrations;

/// <summary>Asks for an experiment to be advanced.</summary>
/// <param name="ExperimentId">Which.</param>
/// <param name="Turn">First turn that the caller has not seen committed.</param>
public sealed record AdvanceRequest(string ExperimentId, int Turn);

/// <summary>How far an experiment was advanced.</summary>
/// <param name="NextTurn">First turn that is not committed yet.</param>
/// <param name="Finished">Whether the experiment has ended.</param>
/// <param name="More">Whether there is more to do at once.</param>
/// <param name="WakeAt">When to look again although nothing arrives, in UTC; null where only events matter.</param>
public sealed record TurnReceipt(int NextTurn, bool Finished, bool More, DateTime? WakeAt);
