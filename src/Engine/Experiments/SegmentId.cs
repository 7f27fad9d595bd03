using System.Globalization;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Names one uninterrupted run of a trial, from a checkpoint to the next pause.</summary>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Trial">Trial number, from 1.</param>
/// <param name="Segment">Segment number, from 0.</param>
public sealed record SegmentId(string Experiment, int Trial, int Segment)
{
    /// <summary>Id of the orchestration that runs the segment; also the name under which executors know it.</summary>
    /// <remarks>No experiment can be called like a segment of another one: its id holds no underscore.</remarks>
    [JsonIgnore]
    public string InstanceId => string.Create(CultureInfo.InvariantCulture, $"{Experiment}_t{Trial}_s{Segment}");

    /// <summary>What the ids of all events of the segment begin with, and of no others.</summary>
    [JsonIgnore]
    public string EventPrefix => string.Create(CultureInfo.InvariantCulture, $"t{Trial:D8}-s{Segment:D4}-");

    /// <summary>Id of the event that says how the segment ended. Sorts after the segment's reports.</summary>
    [JsonIgnore]
    public string EndEventId => $"{EventPrefix}z";

    /// <summary>Id of the event that carries reports up to a step. Sorts by step.</summary>
    public string ReportEventId(long step) => string.Create(CultureInfo.InvariantCulture, $"{EventPrefix}r{step:D12}");

    /// <summary>Id of the event that says when an attempt began.</summary>
    public string BeginEventId(int attempt) => string.Create(CultureInfo.InvariantCulture, $"{EventPrefix}a{attempt:D6}");

    /// <summary>Id of the event that says from where an attempt began. Sorts before the segment's checkpoints.</summary>
    public string RestoreEventId(int attempt) => string.Create(CultureInfo.InvariantCulture, $"{EventPrefix}b{attempt:D6}");

    /// <summary>Id of the event that carries a checkpoint. Sorts by step, before the segment's reports.</summary>
    public string CheckpointEventId(Checkpoint checkpoint) =>
        string.Create(CultureInfo.InvariantCulture, $"{EventPrefix}c{checkpoint.Step:D12}-{checkpoint.Sha256.AsSpan(0, 16)}");

    /// <inheritdoc/>
    public override string ToString() => InstanceId;
}
