using System.Diagnostics;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Processes.ProcessExecutorFixture;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class HostRestartTests : IAsyncDisposable
{
    private const string FolderVariable = "EXECUTOR_TEST_FOLDER";

    private const string Script = """
        import os
        import time


        def mark(config, reporter):
            print("ran")
            reporter(loss=0.25)


        def wait_once(config, reporter):
            reporter(loss=0.5)
            if os.path.exists("pid"):
                return
            with open("pid.part", "w") as file:
                file.write(str(os.getpid()))
            os.rename("pid.part", "pid")
            while True:
                pass
        """;

    private readonly ProcessExecutorFixture _fixture = new(("local.py", Script));

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task What_ended_is_found_and_does_not_run_again()
    {
        SegmentWork work = Python("mark");
        ProcessExecutor first = _fixture.Start();
        SegmentOutcome outcome = await _fixture.RunAsync(first, work);
        await first.DisposeAsync();

        ProcessExecutor polled = _fixture.Start();
        Assert.Equivalent(outcome, await polled.PollAsync(work.Segment, "local:local_t1_s0", default));
        Assert.Equal(SegmentStatus.Lost, (await polled.PollAsync(work.Segment with { Trial = 2 }, "local:local-t2-s0", default))!.Status);
        ProcessExecutor started = _fixture.Start();
        Assert.Equivalent(outcome, await _fixture.RunAsync(started, work));
        Assert.Equal(0, started.WorkerCount);
        Assert.Equal("ran\n", await File.ReadAllTextAsync(Path.Combine(_fixture.TrialFolder(work), "log.txt")));
    }

    [Fact]
    public async Task Two_hosts_do_not_write_to_the_same_experiment()
    {
        await _fixture.RunAsync(_fixture.Start(), Python("mark"));
        ProcessExecutor second = _fixture.Start();
        SegmentWork work = Python("mark", trial: 2);
        Assert.Equal(SegmentStatus.Lost, (await _fixture.RunAsync(second, work)).Status);
        await Assert.ThrowsAsync<UnavailableException>(() => second.PollAsync(Python("mark").Segment, "handle", default));
    }

    [Fact]
    public async Task Forgetting_removes_all_but_the_log()
    {
        SegmentWork work = Python("mark");
        ProcessExecutor executor = _fixture.Start();
        await _fixture.RunAsync(executor, work);
        await executor.ForgetAsync(work.Segment, "local:local_t1_s0", default);
        await executor.DisposeAsync();
        Assert.Equal(["log.txt"], Directory.EnumerateFiles(Path.Combine(_fixture.Folder, "experiments"), "*", SearchOption.AllDirectories).Select(Path.GetFileName));
        Assert.Equal(1, (await _fixture.RunAsync(_fixture.Start(), work)).Attempts);
    }

    [Fact]
    public async Task A_torn_outcome_does_not_count()
    {
        SegmentWork work = Python("mark");
        ProcessExecutor first = _fixture.Start();
        await _fixture.RunAsync(first, work);
        await first.DisposeAsync();
        using (FileStream file = new(Path.Combine(_fixture.Folder, "experiments", "local", "segments.jsonl"), FileMode.Open))
        {
            file.SetLength(file.Length - 7);
        }

        ProcessExecutor second = _fixture.Start();
        SegmentOutcome outcome = await _fixture.RunAsync(second, work);
        Assert.Equal((SegmentStatus.Completed, 2), (outcome.Status, outcome.Attempts));
        await second.DisposeAsync();
        Assert.Equivalent(outcome, await _fixture.Start().PollAsync(work.Segment, "local:local_t1_s0", default));
    }

    [Fact]
    public async Task When_the_host_is_killed_its_trials_go_with_it_and_only_they_run_again()
    {
        SegmentWork ended = Python("mark");
        SegmentWork running = Python("wait_once", trial: 2);
        using Process host = StartHost();
        int worker = int.Parse(await _fixture.WrittenAsync(running, "pid"));
        host.Kill();
        await host.WaitForExitAsync();
        await GoneAsync(worker);

        ProcessExecutor executor = _fixture.Start();
        SegmentOutcome again = await _fixture.RunAsync(executor, running);
        Assert.Equal((SegmentStatus.Completed, 2), (again.Status, again.Attempts));
        SegmentOutcome found = await _fixture.RunAsync(executor, ended);
        Assert.Equal((SegmentStatus.Completed, 1), (found.Status, found.Attempts));
        Assert.Equal("ran\n", await File.ReadAllTextAsync(Path.Combine(_fixture.TrialFolder(ended), "log.txt")));
    }

    /// <summary>The host of the test above: another process, that this one kills.</summary>
    [Fact(Explicit = true)]
    public async Task Host_that_is_killed()
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        await using ProcessExecutor executor = new(new() { WorkFolder = folder, MaxWorkers = 1 }, _fixture.Events, _fixture.Artifacts);
        await _fixture.RunAsync(executor, Python("mark"));
        await _fixture.RunAsync(executor, Python("wait_once", trial: 2));
        Assert.Fail("the host was to be killed");
    }

    private Process StartHost() => Process.Start(new ProcessStartInfo(
        Path.ChangeExtension(typeof(HostRestartTests).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null)!,
        ["-explicit", "only", "-method", $"{typeof(HostRestartTests).FullName}.{nameof(Host_that_is_killed)}"])
    {
        Environment = { [FolderVariable] = _fixture.Folder },
        RedirectStandardOutput = true,
    })!;
}
