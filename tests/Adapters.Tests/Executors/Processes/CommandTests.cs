using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Processes.ProcessExecutorFixture;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class CommandTests : IAsyncDisposable
{
    private readonly ProcessExecutorFixture _fixture = new(
        ("train.sh", """
            #!/bin/sh
            echo "reading $2 with $1"
            grep -q '"x": 3' "$2" || exit 4
            echo "{\"loss\": 0.5, \"trial\": $HPO_TRIAL, \"secret\": ${#HPO_TEST_SECRET}}"
            """),
        ("wait.sh", """
            #!/bin/sh
            echo $$ > pid
            trap '' TERM
            while true; do sleep 1; done
            """),
        ("fail.sh", """
            #!/bin/sh
            echo "no such device" >&2
            exit 3
            """));

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Any_executable_is_a_trial_and_does_not_see_the_hosts_secrets()
    {
        Environment.SetEnvironmentVariable("HPO_TEST_SECRET", "connection string");
        SegmentWork work = Command(["train.sh", "--fast"], trial: 12);
        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(), work);
        Assert.True(outcome.Status == SegmentStatus.Completed, outcome.Error);
        Metrics metrics = Assert.Single(outcome.Reports).Metrics;
        Assert.Equal((0.5, 12.0, 0.0), (metrics["loss"], metrics["trial"], metrics["secret"]));
        Assert.Contains("with --fast", await File.ReadAllTextAsync(Path.Combine(_fixture.TrialFolder(work), "log.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_exit_code_and_last_complaint_are_the_error()
    {
        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(), Command(["fail.sh"]));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Equal("exit code 3: no such device", outcome.Error);
    }

    [Fact]
    public async Task The_time_limit_ends_a_command_that_ignores_signals()
    {
        SegmentWork work = Command(["wait.sh"], limits: new() { Time = TimeSpan.FromSeconds(1) });
        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(), work);
        Assert.Equal("time limit of 1 s exceeded", outcome.Error);
        await GoneAsync(int.Parse(await _fixture.WrittenAsync(work, "pid")));
    }

    [Fact]
    public async Task Interrupted_it_goes_whether_it_wants_or_not()
    {
        ProcessExecutor executor = _fixture.Start();
        SegmentWork work = Command(["wait.sh"]);
        string handle = await executor.StartAsync(work, default);
        int pid = int.Parse(await _fixture.WrittenAsync(work, "pid"));
        await executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await _fixture.Events.EndOf(work.Segment);
        Assert.Equal(SegmentStatus.Stopped, (await executor.PollAsync(work.Segment, handle, default))!.Status);
        await GoneAsync(pid);
    }

    [Fact]
    public async Task It_does_not_outlive_its_worker()
    {
        ProcessExecutor executor = _fixture.Start();
        SegmentWork work = Command(["wait.sh"]);
        string handle = await executor.StartAsync(work, default);
        int pid = int.Parse(await _fixture.WrittenAsync(work, "pid"));
        ProcessGroup.Kill(ParentOf(pid));
        await _fixture.Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("SIGKILL", outcome.Error, StringComparison.Ordinal);
        await GoneAsync(pid);
    }

    [Theory]
    [InlineData("KILL", SegmentStatus.Lost)]
    [InlineData("TERM", SegmentStatus.Lost)]
    [InlineData("SEGV", SegmentStatus.Failed)]
    public async Task Killed_from_outside_it_is_lost_but_not_when_it_crashes(string signal, SegmentStatus status)
    {
        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(), Command(["sh", "-c", $"kill -{signal} $$"]));
        Assert.Equal(status, outcome.Status);
        Assert.Contains($"SIG{signal}", outcome.Error, StringComparison.Ordinal);
    }

    private static int ParentOf(int process) => int.Parse(File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ')[1]);
}
