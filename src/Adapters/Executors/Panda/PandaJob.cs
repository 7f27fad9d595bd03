using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>What a job gets to do a segment without any connection: a command and a sandbox. There is no secret in either: others on the grid can read them.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Key">Stands for all that the job is told: what comes back must have it.</param>
/// <param name="Command">What a shell runs in the job's folder.</param>
/// <param name="Sandbox">The folder's files.</param>
internal sealed record PandaJob(SegmentId Segment, string Key, string Command, PandaSandbox Sandbox)
{
    private const int LongestText = 3000;
    private const int KeyDigits = 10;
    private const string WorkFile = "work.json";

    /// <param name="work">The segment.</param>
    /// <param name="options">The site's.</param>
    /// <param name="scripts">The archive with the project's files; null where there is none.</param>
    /// <param name="restore">Step and state that it goes on from; null for the start.</param>
    public static PandaJob Of(SegmentWork work, PandaOptions options, ReadOnlyMemory<byte>? scripts, (long Step, ReadOnlyMemory<byte> State)? restore)
    {
        JsonObject message = JsonNode.Parse(RunMessage.ForElsewhere(work, null, new() { PauseGrace = options.PauseGrace, MaxCheckpointBytes = options.MetadataKiB << 10 }).Span)!.AsObject();
        message.Remove("candidates");
        JsonObject job = new() { ["max_bytes"] = options.MetadataKiB << 10 };
        if (restore is { } from)
        {
            job["restore_step"] = from.Step;
        }

        message["job"] = job;
        string key = Fingerprint.Of($"{work.Segment.Experiment}\n{message.ToJsonString()}", KeyDigits);
        job["key"] = key;
        byte[] json = Encoding.UTF8.GetBytes(message.ToJsonString());
        string text = Text(json);
        bool isLong = text.Length > LongestText;
        List<(string, ReadOnlyMemory<byte>, bool)> files = [.. Harness(options.HarnessPath)];
        if (scripts is { } archive)
        {
            files.Add(("scripts.zip", archive, false));
        }

        if (restore is { } state)
        {
            files.Add(("restore.tar", state.State, false));
        }

        if (isLong)
        {
            files.Add((WorkFile, json, false));
        }

        string command = $"PYTHONPATH=\"$PWD\" {options.Python} -m hpo_trial job {(isLong ? WorkFile : $"--text {text}")}";
        return new(work.Segment, key, command, PandaSandbox.Pack(files));
    }

    private static IEnumerable<(string Path, ReadOnlyMemory<byte> Content, bool CanRun)> Harness(string folder) =>
        Directory.EnumerateFiles(Path.Combine(folder, "hpo_trial"), "*.py", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(folder, file).Replace('\\', '/'), (ReadOnlyMemory<byte>)File.ReadAllBytes(file), false));

    private static string Text(byte[] json)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.SmallestSize))
        {
            zlib.Write(json);
        }

        return Convert.ToBase64String(packed.ToArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
