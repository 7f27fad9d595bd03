using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Processes.ProcessExecutorFixture;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class WarmWorkerTests : IAsyncDisposable
{
    private const string Script = """
        import os
        import threading
        import time


        def pid(config, reporter):
            reporter(loss=0.0, pid=os.getpid())


        def leave_thread(config, reporter):
            threading.Thread(target=time.sleep, args=(600,)).start()
            reporter(loss=0.0, pid=os.getpid())


        def allocate(config, reporter):
            reporter(loss=0.0)
            data = bytearray(1 << 30)
            reporter(loss=float(len(data)))


        def wait(config, reporter):
            with open("pid", "w") as file:
                file.write(str(os.getpid()))
            time.sleep(600)
        """;

    private readonly ProcessExecutorFixture _fixture = new(("local.py", Script));

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task One_process_runs_one_trial_after_another()
    {
        ProcessExecutor executor = _fixture.Start();
        Assert.Equal(await PidAsync(executor, Python("pid")), await PidAsync(executor, Python("pid", trial: 2)));
        Assert.Equal(1, _fixture.Artifacts.Finds);
    }

    [Fact]
    public async Task An_isolated_trial_gets_a_process_of_its_own()
    {
        ProcessExecutor executor = _fixture.Start();
        TrialLimits alone = new() { Isolate = true };
        double[] pids =
        [
            await PidAsync(executor, Python("pid")),
            await PidAsync(executor, Python("pid", trial: 2, alone)),
            await PidAsync(executor, Python("pid", trial: 3, alone)),
            await PidAsync(executor, Python("pid", trial: 4)),
        ];
        Assert.Equal(4, pids.Distinct().Count());
    }

    [Fact]
    public async Task A_process_that_a_trial_spoilt_is_replaced()
    {
        ProcessExecutor executor = _fixture.Start();
        double spoilt = await PidAsync(executor, Python("leave_thread"));
        Assert.NotEqual(spoilt, await PidAsync(executor, Python("pid", trial: 2)));
        await GoneAsync((int)spoilt);
    }

    [Fact]
    public async Task A_process_that_died_between_trials_is_replaced()
    {
        ProcessExecutor executor = _fixture.Start();
        double pid = await PidAsync(executor, Python("pid"));
        ProcessGroup.Kill((int)pid);
        await GoneAsync((int)pid);
        Assert.NotEqual(pid, await PidAsync(executor, Python("pid", trial: 2)));
    }

    [Fact]
    public async Task No_more_processes_than_allowed_run_and_all_segments_get_their_turn()
    {
        ProcessExecutor executor = _fixture.Start(options => options with { MaxWorkers = 2 });
        double[] pids = await Task.WhenAll(Enumerable.Range(1, 10).Select(trial => PidAsync(executor, Python("pid", trial))));
        Assert.InRange(pids.Distinct().Count(), 1, 2);
    }

    [Fact]
    public async Task Another_project_gets_its_turn_in_a_process_of_its_own()
    {
        _fixture.Artifacts.WithScripts("scripts/other.zip", ("local.py", Script));
        ProcessExecutor executor = _fixture.Start();
        SegmentWork other = Python("pid", trial: 50);
        other = other with { Definition = other.Definition with { Program = other.Definition.Program with { Scripts = "scripts/other.zip" } } };
        Task<double>[] same = [.. Enumerable.Range(1, 30).Select(trial => PidAsync(executor, Python("pid", trial)))];
        double foreign = await PidAsync(executor, other);
        Assert.DoesNotContain(foreign, await Task.WhenAll(same));
    }

    [Fact]
    public async Task Idle_processes_are_ended()
    {
        ProcessExecutor executor = _fixture.Start(options => options with { IdleWorkerTimeout = TimeSpan.FromMilliseconds(50) });
        double pid = await PidAsync(executor, Python("pid"));
        await GoneAsync((int)pid);
        Assert.Equal(SegmentStatus.Completed, (await _fixture.RunAsync(executor, Python("pid", trial: 2))).Status);
    }

    [Fact]
    public async Task Too_much_memory_fails_the_trial_and_the_process_is_replaced()
    {
        ProcessExecutor executor = _fixture.Start();
        SegmentOutcome outcome = await _fixture.RunAsync(executor, Python("allocate", limits: new() { MemoryMiB = 128 }));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.StartsWith("MemoryError", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Reports);
        Assert.Equal(SegmentStatus.Completed, (await _fixture.RunAsync(executor, Python("pid", trial: 2))).Status);
    }

    [Fact]
    public async Task Disposing_ends_what_runs_without_an_outcome()
    {
        ProcessExecutor executor = _fixture.Start();
        SegmentWork work = Python("wait");
        string handle = await executor.StartAsync(work, default);
        int pid = int.Parse(await _fixture.WrittenAsync(work, "pid"));
        await executor.DisposeAsync();
        await GoneAsync(pid);
        Assert.Null(await executor.PollAsync(work.Segment, handle, default));
        Assert.Empty(_fixture.Events.Ends);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => executor.StartAsync(work, default));
    }

    private async Task<double> PidAsync(ProcessExecutor executor, SegmentWork work)
    {
        SegmentOutcome outcome = await _fixture.RunAsync(executor, work);
        Assert.True(outcome.Status == SegmentStatus.Completed, outcome.Error);
        return outcome.Reports[0].Metrics["pid"]!.Value;
    }
}
