using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Entries;

public sealed partial class TrialQueue
{
    [LoggerMessage(1001, LogLevel.Error, "A trial message cannot be read and is dropped: {Message}", EventName = "UnreadableMessage")]
    private partial void LogUnreadable(string message);

    [LoggerMessage(1002, LogLevel.Error, "The message {Kind} of {Segment} failed too often; the trial is given up", EventName = "PoisonMessage")]
    private partial void LogGivenUp(TrialMessageKind kind, SegmentId segment);
}
