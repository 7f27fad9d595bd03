using System.Text.Json;
using HpoServerless.Contracts.Recorded;
using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>Runs today's orchestrators over a recorded history, as a host does after an upgrade.</summary>
internal static class HistoryReplay
{
    private static readonly LocalDurableOptions Options = new();

    private static readonly Dictionary<string, Func<TaskOrchestrationContext, Task<object?>>> Today = new(StringComparer.Ordinal)
    {
        [nameof(ExperimentOrchestrator)] = async context => await ExperimentOrchestrator.RunAsync(context, context.GetInput<ExperimentCursor>()!),
        [nameof(TrialOrchestrator)] = async context =>
        {
            await TrialOrchestrator.RunAsync(context, context.GetInput<SegmentRun>()!);
            return null;
        },
    };

    /// <summary>The first difference: the step and both sides; null where there is none.</summary>
    public static string? Difference(RecordedHistory history, Func<TaskOrchestrationContext, Task<object?>>? orchestrator = null)
    {
        if ((orchestrator ?? Today.GetValueOrDefault(history.Orchestrator)) is not { } body)
        {
            return $"orchestrator {history.Orchestrator} does not exist any more";
        }

        GenerationStart start = new(history.Orchestrator, history.Instance, history.Number, Parent: null, history.Input?.GetRawText());
        OrchestrationExecution execution = new(start, body, Options, static _ => { });
        for (int i = 0; i < history.Steps.Length; i++)
        {
            RecordedStep step = history.Steps[i];
            RecordedAction[] now = [.. execution.Apply(MessageOf(step, history.Number), step.At, replaying: true).Select(HistoryRecorder.ActionOf)];
            for (int k = 0; k < Math.Max(step.Did.Length, now.Length); k++)
            {
                RecordedAction? was = step.Did.ElementAtOrDefault(k);
                RecordedAction? is_ = now.ElementAtOrDefault(k);
                if (was is null || is_ is null || RecordedJson.Difference(was.ToString(), is_.ToString()) is not null)
                {
                    return $"{history.Instance}, history {history.Number}, step {i} ({step.Given} {step.Name}{step.Task}), action {k}:\n  was {was?.ToString() ?? "nothing"}\n  is  {is_?.ToString() ?? "nothing"}";
                }
            }
        }

        return null;
    }

    private static InstanceMessage MessageOf(RecordedStep step, int history) => step.Given switch
    {
        "started" => new InstanceMessage.Started(),
        "event" => new InstanceMessage.EventRaised(step.Name!, Raw(step.Value)),
        "completed" => new InstanceMessage.TaskCompleted(history, step.Task!.Value, Raw(step.Value)),
        "failed" => new InstanceMessage.TaskFailed(history, step.Task!.Value, new(step.Error!, step.Name!, StackTrace: null, InnerFailure: null, Properties: null)),
        "fired" => new InstanceMessage.TimerFired(history, step.Task!.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step.Given, "is nothing that is given to orchestrators"),
    };

    private static string? Raw(JsonElement? value) => value?.GetRawText();
}
