using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Functions.Http;

/// <summary>Why a trial went the way it went.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Sentences">The story for people, oldest first; the last one says how it ended or what it waits for.</param>
/// <param name="Notes">The decisions behind it.</param>
public sealed record ExplanationView(int Trial, TrialStatus State, ImmutableArray<string> Sentences, ImmutableArray<TrialNote> Notes)
{
    /// <summary>The explanation of a trial.</summary>
    public static ExplanationView Of(Trial trial) =>
        new(trial.Number, trial.Status, [.. trial.Notes.Select(Sentence), Ending(trial)], trial.Notes);

    private static string Sentence(TrialNote note)
    {
        string what = note.Action switch
        {
            DecisionAction.Start => "was started",
            DecisionAction.Continue => "was let go on",
            DecisionAction.Pause => "was told to pause",
            DecisionAction.Resume => "was resumed",
            DecisionAction.Exploit => "was told to go on from another trial",
            DecisionAction.Stop => "was told to stop",
            DecisionAction.Complete => "had gone as far as it should",
            _ => $"had the decision {note.Action}",
        };
        return $"Turn {note.Turn}, {note.At:u}, it {what}: {note.Reason}.";
    }

    private static string Ending(Trial trial)
    {
        string value = trial.Value is { } number ? $" with the value {number:R}" : " without a value";
        string reason = trial.Reason is { } why ? $": {why}" : string.Empty;
        return trial.Status switch
        {
            TrialStatus.Running => trial.Requested is { } told
                ? $"It was told to {told.ToString().ToLowerInvariant()} and has not ended yet; its last step is {trial.LastStep}."
                : $"It runs; its last step is {trial.LastStep}.",
            TrialStatus.Paused => $"It is paused at step {trial.LastStep}{reason}.",
            TrialStatus.Failed => $"It failed at {trial.EndedAt:u}: {trial.Error ?? trial.Reason ?? "no reason is known"}",
            TrialStatus.Stopped => $"It was stopped at {trial.EndedAt:u}{value}{reason}.",
            _ => $"It completed at {trial.EndedAt:u}{value}{reason}.",
        };
    }
}
