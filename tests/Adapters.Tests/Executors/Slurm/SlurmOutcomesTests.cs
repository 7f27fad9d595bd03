using HpoServerless.Adapters.Executors.Slurm;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Slurm;

public sealed class SlurmOutcomesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("COMPLETED", 0, 0, SegmentStatus.Completed, null)]
    [InlineData("NODE_FAIL", 0, 0, SegmentStatus.Lost, "node")]
    [InlineData("PREEMPTED", 0, 15, SegmentStatus.Lost, "preempted")]
    [InlineData("CANCELLED", 0, 15, SegmentStatus.Lost, "not by this host")]
    [InlineData("BOOT_FAIL", 0, 0, SegmentStatus.Lost, "BOOT_FAIL")]
    [InlineData("OUT_OF_MEMORY", 0, 125, SegmentStatus.Failed, "out of memory")]
    [InlineData("TIMEOUT", 0, 1, SegmentStatus.Failed, "time limit of 60 s exceeded")]
    [InlineData("FAILED", 3, 0, SegmentStatus.Lost, "nobody waited")]
    [InlineData("FAILED", 4, 0, SegmentStatus.Lost, "did not reach")]
    [InlineData("FAILED", 1, 0, SegmentStatus.Lost, "the process of its job failed")]
    [InlineData("FAILED", 137, 0, SegmentStatus.Lost, "SIGKILL")]
    [InlineData("FAILED", 0, 15, SegmentStatus.Lost, "SIGTERM")]
    [InlineData("FAILED", 2, 0, SegmentStatus.Failed, "exit code 2); it ends with: HPO_URL is missing")]
    [InlineData("FAILED", 72, 0, SegmentStatus.Failed, "exit code 72")]
    public void States_and_codes_have_their_meaning(string state, int code, int signal, SegmentStatus status, string? words)
    {
        string output = Path.GetTempFileName();
        File.WriteAllText(output, state == "FAILED" && code == 2 ? "first\nHPO_URL is missing\n" : string.Empty);
        SegmentOutcome outcome = Of(state, code, signal, output: output);
        File.Delete(output);
        Assert.Equal((status, "cluster", 3), (outcome.Status, outcome.Site, outcome.Attempts));
        Assert.Equal((Now.AddMinutes(-2), Now.AddMinutes(-1)), (outcome.StartedAt, outcome.EndedAt));
        Assert.Contains(words ?? string.Empty, outcome.Error ?? string.Empty, StringComparison.Ordinal);
        Assert.Equal(words is null, outcome.Error is null);
    }

    [Theory]
    [InlineData(InterruptKind.Stop, 0.0, SegmentStatus.Stopped, "interrupted: its job was cancelled")]
    [InlineData(InterruptKind.Stop, 2.5, SegmentStatus.Stopped, "did not stop within 2.5 s")]
    [InlineData(InterruptKind.Pause, 60.0, SegmentStatus.Paused, "did not save itself within 60 s")]
    public void What_was_cancelled_from_here_did_as_it_was_told(InterruptKind kind, double grace, SegmentStatus status, string words)
    {
        SegmentOutcome outcome = Of("CANCELLED", 0, 15, kind, TimeSpan.FromSeconds(grace));
        Assert.Equal(status, outcome.Status);
        Assert.Contains(words, outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Handles_survive_a_round_trip()
    {
        SlurmHandle handle = new(17, "hpo-01234567-exp_t1_s0_a2", 2, TimeSpan.FromSeconds(60), null);
        Assert.True(SlurmHandle.TryParse(handle.ToString(), out SlurmHandle? read));
        Assert.Equal(handle, read);
        Assert.False(SlurmHandle.TryParse("whatever", out _));
    }

    private static SegmentOutcome Of(string state, int code, int signal, InterruptKind? interrupt = null, TimeSpan? cancelled = null, string output = "/no/such/file") =>
        SlurmOutcomes.Of(
            "cluster",
            new SlurmHandle(17, "name", 2, TimeSpan.FromSeconds(60), null),
            new SlurmJob(17, "name", state) { Code = code, Signal = signal, StartedAt = Now.AddMinutes(-2), EndedAt = Now.AddMinutes(-1) },
            interrupt,
            cancelled,
            output,
            Now);
}
