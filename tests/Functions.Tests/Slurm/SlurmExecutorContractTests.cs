using System.Globalization;
using HpoServerless.Adapters.Executors.Slurm;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Slurm;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Tests.Batch;

namespace HpoServerless.Functions.Tests.Slurm;

/// <summary>The Slurm executor on a real cluster of one node, whose jobs run the real harness with real programs.</summary>
public sealed class SlurmExecutorContractTests(SlurmClusterFixture fixture) : TrialExecutorContract, IClassFixture<SlurmClusterFixture>
{
    private static readonly TimeSpan PauseGrace = TimeSpan.FromSeconds(3);

    private readonly List<SlurmExecutor> _made = [];
    private readonly string _folder = Path.Join(fixture.Cluster.Folder, Guid.NewGuid().ToString("N"));
    private SegmentService? _service;

    private SlurmCluster Cluster => fixture.Cluster;

    [Fact]
    public override async Task Reports_that_are_not_taken_ride_in_the_outcome()
    {
        int refusals = 2; // a program elsewhere tries until they are taken
        Events.Answer = (_, _, _) => refusals-- > 0 ? throw new IOException("the store is away") : Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        SegmentWork work = Work("three_steps") with { Until = 1 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([1, 2, 3], AllReports(work, outcome).Select(r => r.Step));
    }

    [Fact]
    public async Task A_token_is_seen_nowhere()
    {
        SegmentWork work = Work("sleep");
        string handle = await Executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        string job = handle.Split('/')[0];
        string token = _service!.TokenOf(work.Segment.Experiment, work.Segment.Trial);
        Assert.DoesNotContain(token, await Cluster.AskAsync("scontrol", "show", "job", job, "--details"), StringComparison.Ordinal);
        Assert.DoesNotContain(token, await Cluster.AskAsync("scontrol", "write", "batch_script", job, "-"), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }), path => Holds(path, token));
        await Executor.ForgetAsync(work.Segment, handle, default);
    }

    [Fact]
    public async Task A_job_that_somebody_cancels_is_lost()
    {
        SegmentWork work = Work("sleep");
        string handle = await Executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await Cluster.AskAsync("scancel", handle.Split('/')[0]);
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("not by this host", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_is_found_again_after_a_restart()
    {
        SegmentWork work = Work("obey");
        string handle = await Executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        SlurmExecutor next = Make(_made[^1].Site);
        Assert.Equal(handle, await next.StartAsync(work, default));
        Assert.Null(await next.PollAsync(work.Segment, handle, default));
        await next.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        SegmentOutcome? outcome = null;
        while ((outcome = await next.PollAsync(work.Segment, handle, default)) is null)
        {
            await Task.Delay(50);
        }

        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
    }

    [Fact]
    public async Task A_job_that_the_cluster_does_not_take_says_why()
    {
        SlurmExecutor executor = Make("wrong", options => options with { Partition = "none" });
        ConflictException error = await Assert.ThrowsAsync<ConflictException>(() => executor.StartAsync(Work("square"), default));
        Assert.Contains("partition", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_asked_again_later()
    {
        string nowhere = Path.Join(Cluster.Folder, "nowhere.conf");
        SlurmExecutor executor = Make("away", options => options with { Commands = nowhere });
        await Assert.ThrowsAsync<UnavailableException>(() => executor.StartAsync(Work("square"), default));
    }

    protected override ValueTask<ITrialExecutor> CreateAsync() => CreateElsewhereAsync();

    protected override async ValueTask<ITrialExecutor> CreateElsewhereAsync()
    {
        if (_service is null)
        {
            _service = new(Events, Artifacts) { PauseGrace = PauseGrace, Site = "cluster-0" };
            await _service.StartAsync();
        }

        return new ServedExecutor(Make(string.Create(CultureInfo.InvariantCulture, $"cluster-{_made.Count}")), _service);
    }

    protected override async ValueTask DestroyAsync()
    {
        foreach (SlurmExecutor executor in _made)
        {
            if (!executor.Site.Contains("away", StringComparison.Ordinal))
            {
                await executor.RemoveAsync("contract", default);
            }

            await executor.DisposeAsync();
        }

        await _service!.DisposeAsync();
    }

    private SlurmExecutor Make(string site, Func<SlurmOptions, SlurmOptions>? change = null)
    {
        SlurmOptions options = new()
        {
            Site = site,
            Folder = _folder,
            Python = Environment.GetEnvironmentVariable("HPO_PYTHON") is { Length: > 0 } named ? named : "python3",
            MaxTrials = 2,
            PollEvery = TimeSpan.FromMilliseconds(250),
            PauseGrace = PauseGrace * 2,
            Configuration = Cluster.Configuration,
        };
        _made.Add(new(change?.Invoke(options) ?? options, _service!, _service));
        return _made[^1];
    }

    private static bool Holds(string path, string text)
    {
        try
        {
            return File.ReadAllText(path).Contains(text, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }
}
