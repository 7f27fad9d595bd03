namespace HpoServerless.Orchestrations;

/// <summary>Where an experiment's orchestration is: all that it carries from one history to the next.</summary>
/// <param name="ExperimentId">Id of the experiment; also of the orchestration.</param>
/// <param name="Turn">Next turn.</param>
/// <param name="RoundsPerHistory">After how many rounds the history is started anew; at least 1.</param>
public sealed record ExperimentCursor(string ExperimentId, int Turn = 1, int RoundsPerHistory = 48);
