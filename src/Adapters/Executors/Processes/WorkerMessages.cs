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
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            RunMessage.WriteSegment(json, run, work, scripts);
            json.WriteString("workdir"u8, folder);
            json.WriteString("log"u8, TrialFolders.LogIn(folder));
            json.WriteStartObject("checkpoint"u8);
            json.WriteString("folder"u8, beginning.Folder);
            RunMessage.WriteRules(json, work.Definition, pauseGrace);
            json.WriteEndObject();
            if (beginning.Path is { } path)
            {
                json.WriteStartObject("restore"u8);
                json.WriteString("path"u8, path);
                json.WriteNumber("step"u8, beginning.Step);
                json.WriteEndObject();
            }

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
}
