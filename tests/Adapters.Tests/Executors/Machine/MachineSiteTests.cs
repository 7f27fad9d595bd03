using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Processes.ProcessExecutorFixture;

namespace HpoServerless.Adapters.Tests.Executors.Machine;

public sealed class MachineSiteTests : IAsyncDisposable
{
    private const string Variable = "CUDA_VISIBLE_DEVICES";

    private const string Script = """
        import ctypes
        import os
        import time


        def look(config, reporter):
            cards = os.environ["CUDA_VISIBLE_DEVICES"]
            reporter(
                loss=0.0,
                pid=os.getpid(),
                cards=len(cards.split(",")) if cards else 0,
                card=int(cards.split(",")[0] or -1) if cards else -1,
                last_card=int(cards.split(",")[-1]) if cards else -1,
                by_bus=int(os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"),
                cores=len(os.sched_getaffinity(0)),
                core=min(os.sched_getaffinity(0)),
                threads=int(os.environ.get("OMP_NUM_THREADS", 0)),
                mode=int(os.environ.get("MODE", 0)),
            )


        def hold(config, reporter):
            with open("held.tmp", "w") as file:
                file.write(os.environ["CUDA_VISIBLE_DEVICES"])
            os.rename("held.tmp", "held")
            while not os.path.exists("go"):
                time.sleep(0.02)
            reporter(loss=0.0)


        def crash(config, reporter):
            ctypes.string_at(0)


        def leave(config, reporter):
            os._exit(3)


        def fail(config, reporter):
            raise ValueError("no")


        def sleep(config, reporter):
            time.sleep(600)


        def allocate(config, reporter):
            reporter(loss=float(len(bytearray(1 << 30))))
        """;

    private const string Brood = """
        #!/bin/sh
        sh -c 'sleep 600 & echo $! > pid.tmp; mv pid.tmp grandchild; wait' &
        wait
        """;

    private readonly ProcessExecutorFixture _fixture = new(("local.py", Script), ("brood.sh", Brood));

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_trial_sees_its_card_and_the_host_stays_as_it_is()
    {
        string? before = Environment.GetEnvironmentVariable(Variable);
        Metrics seen = await LookAsync(_fixture.Start(Cards("3")), 1);
        Assert.Equal((1, 3, 1), (seen["cards"], seen["card"], seen["by_bus"]));
        Assert.Equal(before, Environment.GetEnvironmentVariable(Variable));
    }

    [Fact]
    public async Task Two_at_a_time_have_different_cards_and_further_ones_wait()
    {
        ProcessExecutor executor = _fixture.Start(Cards("0", "1"));
        SegmentWork[] works = [.. Enumerable.Range(1, 3).Select(trial => Python("hold", trial))];
        await executor.StartAsync(works[0], default);
        await executor.StartAsync(works[1], default);
        Assert.Equal(["0", "1"], new[] { await _fixture.WrittenAsync(works[0], "held"), await _fixture.WrittenAsync(works[1], "held") }.Order());
        await executor.StartAsync(works[2], default);
        Assert.False(Directory.Exists(_fixture.TrialFolder(works[2])));
        string freed = await _fixture.WrittenAsync(works[1], "held");
        await LetGoAsync(works[1]);
        Assert.Equal(freed, await _fixture.WrittenAsync(works[2], "held"));
        await LetGoAsync(works[0]);
        await LetGoAsync(works[2]);
    }

    [Fact]
    public async Task Two_jobs_share_a_card()
    {
        ProcessExecutor executor = _fixture.Start(Cards("5") with { JobsPerCard = 2 });
        Assert.Equal(2, await executor.SlotsAsync(default));
        SegmentWork[] works = [.. Enumerable.Range(1, 3).Select(trial => Python("hold", trial))];
        await executor.StartAsync(works[0], default);
        await executor.StartAsync(works[1], default);
        Assert.Equal(("5", "5"), (await _fixture.WrittenAsync(works[0], "held"), await _fixture.WrittenAsync(works[1], "held")));
        await executor.StartAsync(works[2], default);
        Assert.False(Directory.Exists(_fixture.TrialFolder(works[2])));
        foreach (SegmentWork work in works)
        {
            await _fixture.WrittenAsync(work, "held");
            await LetGoAsync(work);
        }
    }

    [Theory]
    [InlineData("crash")]
    [InlineData("leave")]
    [InlineData("fail")]
    public async Task A_card_is_given_back_by_a_trial_that_fails(string model)
    {
        ProcessExecutor executor = _fixture.Start(Cards("0"));
        Assert.Equal(SegmentStatus.Failed, (await _fixture.RunAsync(executor, Python(model))).Status);
        Assert.Equal(0, (await LookAsync(executor, 2))["card"]);
    }

    [Fact]
    public async Task A_card_is_given_back_by_a_trial_that_is_ended()
    {
        ProcessExecutor executor = _fixture.Start(Cards("0"));
        SegmentOutcome late = await _fixture.RunAsync(executor, Python("sleep", 1, new() { Time = TimeSpan.FromSeconds(1) }));
        Assert.Equal("time limit of 1 s exceeded", late.Error);

        SegmentWork stopped = Python("hold", 2);
        string handle = await executor.StartAsync(stopped, default);
        await _fixture.WrittenAsync(stopped, "held");
        await executor.InterruptAsync(stopped.Segment, handle, InterruptKind.Stop, default);

        SegmentWork forgotten = Python("hold", 3);
        handle = await executor.StartAsync(forgotten, default);
        await _fixture.WrittenAsync(forgotten, "held");
        await executor.ForgetAsync(forgotten.Segment, handle, default);
        Assert.Equal(0, (await LookAsync(executor, 4))["card"]);
    }

    [Fact]
    public async Task One_that_waits_for_a_card_is_stopped_at_once()
    {
        ProcessExecutor executor = _fixture.Start(Cards("0"));
        SegmentWork first = Python("hold");
        await executor.StartAsync(first, default);
        await _fixture.WrittenAsync(first, "held");
        SegmentWork second = Python("hold", 2);
        string handle = await executor.StartAsync(second, default);
        await executor.InterruptAsync(second.Segment, handle, InterruptKind.Stop, default);
        await _fixture.Events.EndOf(second.Segment);
        Assert.Equal(SegmentStatus.Stopped, (await executor.PollAsync(second.Segment, handle, default))!.Status);
        await LetGoAsync(first);
        Assert.Equal(0, (await LookAsync(executor, 3))["card"]);
    }

    [Fact]
    public async Task Several_cards_are_given_and_not_to_others()
    {
        ProcessExecutor executor = _fixture.Start(Cards("0", "1", "2"));
        SegmentWork two = Asking(Python("look"), gpu: 2);
        Assert.Equal(1, await executor.SlotsAsync(two.Definition, default));
        Metrics seen = (await _fixture.RunAsync(executor, two)).Reports[^1].Metrics;
        Assert.Equal((2, 0, 1), (seen["cards"], seen["card"], seen["last_card"]));

        SegmentWork[] works = [Asking(Python("hold", 2), gpu: 2), Asking(Python("hold", 3), gpu: 2), Asking(Python("hold", 4), gpu: 1)];
        await executor.StartAsync(works[0], default);
        Assert.Equal("0,1", await _fixture.WrittenAsync(works[0], "held"));
        await executor.StartAsync(works[1], default);
        await executor.StartAsync(works[2], default);
        Assert.Equal("2", await _fixture.WrittenAsync(works[2], "held"));
        Assert.False(Directory.Exists(_fixture.TrialFolder(works[1])));
        await LetGoAsync(works[0]);
        Assert.Equal("0,1", await _fixture.WrittenAsync(works[1], "held"));
        Assert.Equal("resource.gpu", Assert.Single(executor.Refuses(Asking(two, gpu: 4).Definition)).Path);
    }

    [Fact]
    public async Task A_trial_with_a_card_has_a_process_of_its_own()
    {
        ProcessExecutor executor = _fixture.Start(Cards("0"));
        Assert.NotEqual((await LookAsync(executor, 1))["pid"], (await LookAsync(executor, 2))["pid"]);
    }

    [Fact]
    public async Task Without_cards_none_is_seen_and_processes_stay_warm()
    {
        ProcessExecutor executor = _fixture.Start(new MachineOptions() { Site = "box", Parallel = 1, Env = ImmutableSortedDictionary<string, string>.Empty.Add("MODE", "7") });
        Metrics seen = await LookAsync(executor, 1);
        Assert.Equal((0, 0, 7), (seen["cards"], seen["threads"], seen["mode"]));
        Assert.Equal(seen["pid"], (await LookAsync(executor, 2))["pid"]);
    }

    [Fact]
    public async Task A_trial_is_held_to_its_core_in_a_process_that_stays_warm_for_it()
    {
        int core = ProcessorCores.Find()[^1];
        ProcessExecutor executor = _fixture.Start(new MachineOptions() { Site = "box", Cores = [core], CoresPerJob = 1 });
        Metrics seen = await LookAsync(executor, 1);
        Assert.Equal((1, core, 1), (seen["cores"], seen["core"], seen["threads"]));
        Assert.Equal(seen["pid"], (await LookAsync(executor, 2))["pid"]);
    }

    [Fact]
    public async Task A_process_that_was_held_to_other_cores_is_replaced()
    {
        ImmutableArray<int> cores = ProcessorCores.Find();
        Assert.SkipWhen(cores.Length < 2, "needs two processor cores");
        ProcessExecutor executor = _fixture.Start(new MachineOptions() { Site = "box", Parallel = 1 });
        Metrics one = (await _fixture.RunAsync(executor, Asking(Python("look"), cpu: 1))).Reports[^1].Metrics;
        Metrics two = (await _fixture.RunAsync(executor, Asking(Python("look", 2), cpu: 2))).Reports[^1].Metrics;
        Assert.Equal((1, 2), (one["cores"], two["cores"]));
        Assert.NotEqual(one["pid"], two["pid"]);
    }

    [Fact]
    public async Task The_site_limits_memory_and_time_where_the_experiment_allows_more()
    {
        MachineOptions site = new() { Site = "box", MemoryMiB = 128, TimeLimit = TimeSpan.FromSeconds(1) };
        ProcessExecutor executor = _fixture.Start(site);
        SegmentOutcome hungry = await _fixture.RunAsync(executor, Python("allocate", 1, new() { MemoryMiB = 4096 }));
        Assert.Equal((SegmentStatus.Failed, "MemoryError: it wanted more than its memory limit of 128 MiB"), (hungry.Status, hungry.Error));
        SegmentOutcome late = await _fixture.RunAsync(executor, Python("sleep", 2));
        Assert.Equal((SegmentStatus.Failed, "time limit of 1 s exceeded"), (late.Status, late.Error));
    }

    [Fact]
    public async Task All_that_a_program_started_ends_with_it()
    {
        SegmentWork work = Command(["brood.sh"], limits: new() { Time = TimeSpan.FromSeconds(2) });
        ProcessExecutor executor = _fixture.Start(Cards("0"));
        await executor.StartAsync(work, default);
        int grandchild = int.Parse(await _fixture.WrittenAsync(work, "grandchild"));
        await _fixture.Events.EndOf(work.Segment);
        await GoneAsync(grandchild);
    }

    private static MachineOptions Cards(params string[] cards) => new() { Site = "box", HasCards = true, Cards = [.. cards] };

    private static SegmentWork Asking(SegmentWork work, double? gpu = null, double? cpu = null)
    {
        ImmutableSortedDictionary<string, double> resource = ImmutableSortedDictionary<string, double>.Empty;
        resource = gpu is { } cards ? resource.Add("gpu", cards) : resource;
        resource = cpu is { } cores ? resource.Add("cpu", cores) : resource;
        return work with { Definition = work.Definition with { Limits = work.Definition.Limits with { Resource = resource } } };
    }

    private async Task<Metrics> LookAsync(ProcessExecutor executor, int trial)
    {
        SegmentOutcome outcome = await _fixture.RunAsync(executor, Python("look", trial));
        Assert.True(outcome.Status == SegmentStatus.Completed, outcome.Error);
        return outcome.Reports[^1].Metrics;
    }

    private async Task LetGoAsync(SegmentWork work)
    {
        await File.WriteAllTextAsync(Path.Combine(_fixture.TrialFolder(work), "go"), string.Empty);
        await _fixture.Events.EndOf(work.Segment);
    }
}
