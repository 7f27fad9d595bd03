using System.Security.Cryptography;
using System.Text;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Where events wait: many experiments share a partition, so that events of any of them can be written in one transaction.</summary>
internal static class InboxKeys
{
    /// <summary>How many partitions there are. One takes 2,000 rows a second, which is 1,000 events: written once and removed once.</summary>
    public const int Lanes = 4;

    private const char Separator = '|'; // ids have none, and it sorts after whatever they are made of
    private const char AfterSeparator = '}';

    /// <summary>Partition of an experiment. Never to be changed: events would wait where nobody looks.</summary>
    public static string Lane(string experiment) => $"lane-{SHA256.HashData(Encoding.UTF8.GetBytes(experiment))[0] % Lanes}";

    /// <summary>Row of an event.</summary>
    public static string Event(string experiment, string id) => $"{experiment}{Separator}{id}";

    /// <summary>Lets the events of a segment pass, by ascending id.</summary>
    public static FormattableString Filter(SegmentId segment) =>
        $"PartitionKey eq {Lane(segment.Experiment)} and RowKey ge {Event(segment.Experiment, segment.EventPrefix)} and RowKey lt {Event(segment.Experiment, segment.EventPrefix + AfterSeparator)}";

    /// <summary>Lets all events of an experiment pass, by ascending id.</summary>
    public static FormattableString Filter(string experiment) =>
        $"PartitionKey eq {Lane(experiment)} and RowKey ge {$"{experiment}{Separator}"} and RowKey lt {$"{experiment}{AfterSeparator}"}";
}
