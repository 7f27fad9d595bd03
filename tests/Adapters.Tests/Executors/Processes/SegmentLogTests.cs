using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class SegmentLogTests : IDisposable
{
    private static readonly SegmentId Segment = new("one", 1, 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-log-").FullName;

    private string LogPath => Path.Combine(_folder, "one", "segments.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Dispose_afterTheExperimentWasRemoved_leavesNothing()
    {
        SegmentLog log = SegmentLog.Open(LogPath);
        log.WriteStart(Segment, DateTimeOffset.UnixEpoch);
        log.Forget(Segment);
        Directory.Delete(Path.GetDirectoryName(LogPath)!, recursive: true);

        log.Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Open_afterATornLine_knowsWhatStoodBefore()
    {
        using (SegmentLog log = SegmentLog.Open(LogPath))
        {
            log.WriteStart(Segment, DateTimeOffset.UnixEpoch);
        }

        File.AppendAllText(LogPath, "{\"trial\":1,\"segm");
        using SegmentLog again = SegmentLog.Open(LogPath);

        Assert.Equal(2, again.WriteStart(Segment, DateTimeOffset.UnixEpoch));
    }
}
