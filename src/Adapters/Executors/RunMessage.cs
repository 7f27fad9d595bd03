using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors;

/// <summary>The message <c>run</c> of the harness, wherever it runs: the one place that says how a segment is written for it.</summary>
public static class RunMessage
{
    /// <summary>What a harness elsewhere needs to run a segment. Scripts are named as in the artifact store; paths it knows itself.</summary>
    /// <param name="work">The segment.</param>
    /// <param name="ending">How it is to end already; null where it is to run.</param>
    /// <param name="rules">Its host's.</param>
    public static ReadOnlyMemory<byte> ForElsewhere(SegmentWork work, InterruptKind? ending, ElsewhereRules rules)
    {
        ExperimentDefinition definition = work.Definition;
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            WriteSegment(json, work.Segment.Trial, work, definition.Program.Scripts is { Length: > 0 } scripts ? scripts : null);
            json.WriteNumber("attempt"u8, work.Attempt);
            json.WriteStartObject("checkpoint"u8);
            WriteRules(json, definition, rules.PauseGrace);
            json.WriteNumber("max_bytes"u8, rules.MaxCheckpointBytes);
            json.WriteEndObject();
            json.WriteStartArray("candidates"u8);
            foreach (Checkpoint candidate in work.Checkpoints)
            {
                json.WriteStartObject();
                json.WriteNumber("step"u8, candidate.Step);
                json.WriteNumber("bytes"u8, candidate.Bytes);
                json.WriteString("sha256"u8, candidate.Sha256);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (definition.Limits.Time is { } time)
            {
                json.WriteNumber("time_limit_s"u8, time.TotalSeconds);
            }

            json.WriteNumber("stop_grace_s"u8, (definition.Limits.StopGrace ?? rules.StopGrace).TotalSeconds);
            if (ending is { } kind)
            {
                json.WriteString("interrupt"u8, kind == InterruptKind.Pause ? "pause"u8 : "stop"u8);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The members that say what runs, wherever it does.</summary>
    /// <param name="json">In the middle of an object.</param>
    /// <param name="number">Comes back with every answer.</param>
    /// <param name="work">The segment.</param>
    /// <param name="scripts">Where its scripts are; null where there are none.</param>
    internal static void WriteSegment(Utf8JsonWriter json, long number, SegmentWork work, string? scripts)
    {
        ExperimentDefinition definition = work.Definition;
        json.WriteString("op"u8, "run"u8);
        json.WriteNumber("trial"u8, number);
        json.WriteNumber("segment"u8, work.Segment.Segment);
        WriteProgram(json, definition.Program, scripts);
        json.WritePropertyName("config"u8);
        JsonSerializer.Serialize(json, work.Configuration, EngineJson.Options);
        if (definition.Program.Param is { ValueKind: JsonValueKind.Object } param)
        {
            json.WritePropertyName("param"u8);
            param.WriteTo(json);
        }

        json.WriteString("metric"u8, definition.Metric);
        json.WriteString("mode"u8, definition.Mode == OptimizationMode.Min ? "min"u8 : "max"u8);
        WriteStop(json, definition);
        if (work.Until is { } until)
        {
            json.WriteNumber("until"u8, until);
        }

        if (work.Budget is { } budget)
        {
            json.WriteNumber("budget"u8, budget);
        }

        WriteLimits(json, definition.Limits);
        WriteEnvironment(json, work.Segment);
    }

    /// <summary>The members of <c>checkpoint</c> that are the experiment's.</summary>
    internal static void WriteRules(Utf8JsonWriter json, ExperimentDefinition definition, TimeSpan pauseGrace)
    {
        json.WriteNumber("every"u8, definition.Checkpoint.Every);
        json.WriteNumber("every_s"u8, definition.Checkpoint.EverySeconds);
        json.WriteBoolean("at_until"u8, definition.SavesWhenAsking);
        json.WriteNumber("grace_s"u8, pauseGrace.TotalSeconds);
    }

    private static void WriteProgram(Utf8JsonWriter json, TrialProgram program, string? scripts)
    {
        json.WriteStartObject("program"u8);
        json.WriteString("kind"u8, program.Command.IsEmpty ? "python"u8 : "command"u8);
        if (scripts is not null)
        {
            json.WriteString("scripts"u8, scripts);
        }

        if (program.Command.IsEmpty)
        {
            json.WriteString("script"u8, program.Script);
            json.WriteString("model"u8, program.Model);
        }
        else
        {
            json.WriteStartArray("command"u8);
            foreach (string part in program.Command)
            {
                json.WriteStringValue(part);
            }

            json.WriteEndArray();
        }

        WriteTexts(json, "labels"u8, program.ResultLabels);
        WriteTexts(json, "number_as"u8, program.NumberAs);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, ImmutableArray<string>? texts)
    {
        if (texts is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteStop(Utf8JsonWriter json, ExperimentDefinition definition)
    {
        if (definition.Stop.IsEmpty)
        {
            return;
        }

        json.WriteStartObject("stop"u8);
        foreach ((string key, double threshold) in definition.Stop)
        {
            json.WriteNumber(key, threshold);
        }

        json.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter json, TrialLimits limits)
    {
        json.WriteNumber("log_limit_mb"u8, limits.LogMiB);
        if (limits.MemoryMiB is { } memory)
        {
            json.WriteNumber("memory_limit_mb"u8, memory);
        }

        if (limits.Isolate)
        {
            json.WriteBoolean("isolate"u8, true);
        }
    }

    private static void WriteEnvironment(Utf8JsonWriter json, SegmentId segment)
    {
        json.WriteStartObject("env"u8);
        json.WriteString("HPO_EXPERIMENT"u8, segment.Experiment);
        json.WriteString("HPO_TRIAL"u8, segment.Trial.ToString());
        json.WriteString("HPO_SEGMENT"u8, segment.Segment.ToString());
        json.WriteEndObject();
    }
}
