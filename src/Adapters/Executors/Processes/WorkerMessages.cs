using System.Buffers;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>What the host tells a worker, one JSON line each.</summary>
internal static class WorkerMessages
{
    /// <summary>Asks for one segment.</summary>
    /// <param name="run">Number that comes back with every answer.</param>
    /// <param name="work">What to run.</param>
    /// <param name="scripts">Folder of the unpacked scripts; null where there are none.</param>
    /// <param name="folder">Folder of the trial.</param>
    /// <param name="beginning">Where it begins, and where it saves itself.</param>
    /// <param name="pauseGrace">How long it may take to save itself.</param>
    public static ReadOnlyMemory<byte> Run(long run, SegmentWork work, string? scripts, string folder, SegmentBeginning beginning, TimeSpan pauseGrace)
    {
        ExperimentDefinition definition = work.Definition;
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("op"u8, "run"u8);
            json.WriteNumber("trial"u8, run);
            json.WriteNumber("segment"u8, work.Segment.Segment);
            WriteProgram(json, definition.Program, scripts);
            json.WritePropertyName("config"u8);
            JsonSerializer.Serialize(json, work.Configuration, EngineJson.Options);
            if (definition.Program.Param is { ValueKind: JsonValueKind.Object } param)
            {
                json.WritePropertyName("param"u8);
                param.WriteTo(json);
            }

            json.WriteString("workdir"u8, folder);
            json.WriteString("log"u8, TrialFolders.LogIn(folder));
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

            WriteCheckpoints(json, definition, beginning, pauseGrace);
            WriteLimits(json, definition.Limits);
            WriteEnvironment(json, work.Segment);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <summary>Tells the running program how to go on.</summary>
    public static ReadOnlyMemory<byte> Directive(TrialDirective directive, string? reason = null)
    {
        ArrayBufferWriter<byte> buffer = new(128);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("op"u8, "directive"u8);
            json.WriteString("action"u8, directive.Action switch
            {
                DirectiveAction.Pause => "pause"u8,
                DirectiveAction.Stop => "stop"u8,
                _ => "continue"u8,
            });
            if (directive.Until is { } until)
            {
                json.WriteNumber("until"u8, until);
            }

            if (directive.Budget is { } budget)
            {
                json.WriteNumber("budget"u8, budget);
            }

            if (reason is not null)
            {
                json.WriteString("reason"u8, reason);
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
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

        json.WriteEndObject();
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

    private static void WriteCheckpoints(Utf8JsonWriter json, ExperimentDefinition definition, SegmentBeginning beginning, TimeSpan pauseGrace)
    {
        json.WriteStartObject("checkpoint"u8);
        json.WriteString("folder"u8, beginning.Folder);
        json.WriteNumber("every"u8, definition.Checkpoint.Every);
        json.WriteNumber("every_s"u8, definition.Checkpoint.EverySeconds);
        json.WriteBoolean("at_until"u8, definition.SavesWhenAsking);
        json.WriteNumber("grace_s"u8, pauseGrace.TotalSeconds);
        json.WriteEndObject();
        if (beginning.Path is { } path)
        {
            json.WriteStartObject("restore"u8);
            json.WriteString("path"u8, path);
            json.WriteNumber("step"u8, beginning.Step);
            json.WriteEndObject();
        }
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
