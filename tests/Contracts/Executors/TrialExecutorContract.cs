using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Contracts.Executors;

/// <summary>What every <see cref="ITrialExecutor"/> must do, with real programs.</summary>
public abstract partial class TrialExecutorContract : IAsyncLifetime
{
    private ITrialExecutor? _executor;

    /// <summary>What the executor told.</summary>
    protected RecordedEvents Events { get; } = new();

    /// <summary>Where it finds the scripts.</summary>
    protected MemoryArtifacts Artifacts { get; } = new MemoryArtifacts().WithScripts(TrialPrograms.Scripts, (TrialPrograms.Script, TrialPrograms.Text));

    /// <summary>The executor under test.</summary>
    protected ITrialExecutor Executor => _executor!;

    public async ValueTask InitializeAsync() => _executor = await CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await DestroyAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_program_that_returns_is_completed_with_its_reports()
    {
        SegmentWork work = Work("three_steps");
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal(Executor.Site, outcome.Site);
        Assert.Equal(1, outcome.Attempts);
        Assert.Null(outcome.Error);
        Assert.Equal([(1, 3.0), (2, 2.0), (3, 1.0)], AllReports(work, outcome).Select(r => (r.Step, r.Metrics["loss"])));
        Assert.True(outcome.EndedAt >= outcome.StartedAt);
    }

    [Fact]
    public async Task Started_twice_it_runs_once()
    {
        SegmentWork work = Work("square");
        string[] handles = await Task.WhenAll(Executor.StartAsync(work, default), Executor.StartAsync(work, default));
        Assert.Equal(handles[0], handles[1]);
        Assert.InRange(handles[0].Length, 1, 1024);
        await Events.EndOf(work.Segment);
        Assert.Equal(handles[0], await Executor.StartAsync(work, default));
        SegmentWork next = Work("square", trial: 2);
        await RunAsync(next);
        Assert.Equal([work.Segment, next.Segment], Events.Ends);
        Assert.Equal(1, (await Executor.PollAsync(work.Segment, handles[0], default))!.Attempts);
    }

    [Fact]
    public async Task After_its_experiment_was_removed_a_segment_is_run_anew()
    {
        SegmentWork work = Work("square");
        string handle = await Executor.StartAsync(work, default);
        await Events.EndOf(work.Segment);
        Assert.NotNull(await Executor.PollAsync(work.Segment, handle, default));

        await Executor.RemoveAsync(work.Segment.Experiment, default);
        await Executor.RemoveAsync("never-heard-of", default);

        Assert.Equal(SegmentStatus.Lost, (await Executor.PollAsync(work.Segment, handle, default))!.Status);
        handle = await Executor.StartAsync(work, default);
        SegmentOutcome? again = null;
        for (int poll = 0; again is null && poll < 3000; poll++)
        {
            await Task.Delay(10);
            again = await Executor.PollAsync(work.Segment, handle, default);
        }

        Assert.Equal((SegmentStatus.Completed, 1), (again!.Status, again.Attempts));
    }

    [Fact]
    public async Task An_unknown_handle_is_lost()
    {
        SegmentId segment = new("unknown", 1, 0);
        Assert.Equal(SegmentStatus.Lost, (await Executor.PollAsync(segment, "whatever", default))!.Status);
        await Executor.InterruptAsync(segment, "whatever", InterruptKind.Stop, default);
        await Executor.ForgetAsync(segment, "whatever", default);
    }

    [Fact]
    public async Task A_program_that_raises_is_failed_with_type_and_message()
    {
        SegmentOutcome outcome = await RunAsync(Work("fail_at_once"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Equal("ValueError: the learning rate is negative", outcome.Error);
        Assert.Empty(outcome.Reports);
    }

    [Fact]
    public async Task What_was_reported_before_a_failure_is_kept_and_the_error_is_one_line()
    {
        SegmentWork work = Work("fail_after_report");
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.StartsWith("ValueError: no memory for", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', outcome.Error!);
        Assert.Equal(1.5, Assert.Single(AllReports(work, outcome)).Metrics["loss"]);
    }

    [Theory]
    [InlineData("crash", "7", "last words")]
    [InlineData("segfault", "11", "Segmentation fault")]
    public async Task A_program_that_dies_is_failed_and_hurts_nobody(string model, string code, string lastLine)
    {
        SegmentOutcome outcome = await RunAsync(Work(model));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains(code, outcome.Error, StringComparison.Ordinal);
        Assert.Contains(lastLine, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Work("square", trial: 2))).Status);
    }

    [Fact]
    public async Task A_program_that_is_killed_from_outside_is_lost_and_hurts_nobody()
    {
        SegmentOutcome outcome = await RunAsync(Work("kill_itself"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("SIGKILL", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Work("square", trial: 2))).Status);
    }

    [Fact]
    public async Task Missing_scripts_fail_the_trial()
    {
        SegmentWork work = Work("square");
        SegmentOutcome outcome = await RunAsync(With(work, work.Definition with { Program = work.Definition.Program with { Scripts = "scripts/none.zip" } }));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains("scripts/none.zip", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_program_is_interrupted_politely()
    {
        SegmentWork work = Work("obey");
        string handle = await Executor.StartAsync(work, default);
        await RunningAsync(work);
        Assert.Null(await Executor.PollAsync(work.Segment, handle, default));
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
        Assert.True(!HearsWhileItRuns || !AllReports(work, outcome).IsEmpty);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        Assert.Equal(outcome, await Executor.PollAsync(work.Segment, handle, default));
    }

    [Theory]
    [InlineData("sleep")]
    [InlineData("refuse")]
    public async Task A_program_that_does_not_stop_is_ended(string model)
    {
        SegmentWork work = Work(model);
        string handle = await Executor.StartAsync(work, default);
        await RunningAsync(work);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        Assert.Equal(SegmentStatus.Stopped, (await Executor.PollAsync(work.Segment, handle, default))!.Status);
    }

    [Fact]
    public async Task A_program_that_waits_for_an_answer_can_be_interrupted()
    {
        Events.Answer = async (_, wait, cancellation) =>
        {
            await Task.Delay(wait ? Timeout.Infinite : 0, cancellation);
            return new(DirectiveAction.Continue);
        };
        SegmentWork work = Work("three_steps") with { Until = 1 };
        string handle = await Executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
        Assert.Equal(1, Assert.Single(AllReports(work, outcome)).Step);
    }

    [Fact]
    public async Task Interrupted_at_once_it_ends_at_once()
    {
        SegmentWork work = Work("sleep");
        string handle = await Executor.StartAsync(work, default);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        Assert.Equal(SegmentStatus.Stopped, (await Executor.PollAsync(work.Segment, handle, default))!.Status);
    }

    [Fact]
    public async Task A_time_limit_fails_the_trial()
    {
        SegmentWork work = Work("sleep");
        SegmentOutcome outcome = await RunAsync(With(work, work.Definition with { Limits = new() { Time = TimeSpan.FromSeconds(1) } }));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains("time limit of 1 s", outcome.Error, StringComparison.Ordinal);
        Assert.Single(AllReports(work, outcome));
    }

    [Fact]
    public async Task Huge_output_is_survived()
    {
        SegmentWork work = Work("shout") with { Configuration = Configuration.Of(("MiB", ParameterValue.Of(64))) };
        SegmentOutcome outcome = await RunAsync(With(work, work.Definition with { Limits = new() { LogMiB = 1 } }));
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
    }

    [Fact]
    public async Task Thousands_of_reports_arrive_once_and_in_order()
    {
        SegmentWork work = Work("flood") with { Configuration = Configuration.Of(("reports", ParameterValue.Of(5000))) };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(Enumerable.Range(1, 5000).Select(step => (long)step), AllReports(work, outcome).Select(r => r.Step));
    }

    [Fact]
    public async Task The_program_goes_on_until_it_must_ask_and_does_as_it_is_told()
    {
        List<long> asked = [];
        Events.Answer = (reports, wait, _) =>
        {
            if (wait)
            {
                asked.Add(reports[^1].Step);
            }

            return Task.FromResult(reports[^1].Step switch
            {
                2 => new TrialDirective(DirectiveAction.Continue, Until: 5),
                5 => new TrialDirective(DirectiveAction.Pause),
                _ => new TrialDirective(DirectiveAction.Continue),
            });
        };
        SegmentWork work = Work("obey") with { Until = 2 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Paused, outcome.Status);
        Assert.Equal([2, 5], asked);
        Assert.Equal([1, 2, 3, 4, 5], AllReports(work, outcome).Select(r => r.Step));
    }

    [Fact]
    public async Task Told_to_stop_it_is_stopped()
    {
        Events.Answer = (_, _, _) => Task.FromResult(new TrialDirective(DirectiveAction.Stop));
        Assert.Equal(SegmentStatus.Stopped, (await RunAsync(Work("obey") with { Until = 3 })).Status);
    }

    [Fact]
    public virtual async Task Reports_that_are_not_taken_ride_in_the_outcome()
    {
        Events.Answer = (_, _, _) => throw new IOException("the store is away");
        SegmentWork work = Work("three_steps") with { Until = 1 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([1, 2, 3], outcome.Reports.Select(r => r.Step));
    }

    [Fact]
    public async Task A_stop_key_completes_the_trial()
    {
        SegmentWork work = Work("obey");
        SegmentOutcome outcome = await RunAsync(With(work, work.Definition with { Stop = work.Definition.Stop.Add("training_iteration", 4) }));
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Contains("training_iteration", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(4, AllReports(work, outcome)[^1].Step);
    }

    [Fact]
    public async Task The_outcome_stays_until_it_is_forgotten()
    {
        SegmentWork work = Work("square");
        SegmentOutcome outcome = await RunAsync(work);
        string handle = await Executor.StartAsync(work, default);
        Assert.Equal(outcome, await Executor.PollAsync(work.Segment, handle, default));
        await Executor.ForgetAsync(work.Segment, handle, default);
        Assert.Equal(SegmentStatus.Lost, (await Executor.PollAsync(work.Segment, handle, default))!.Status);
        await Executor.ForgetAsync(work.Segment, handle, default);
    }

    /// <summary>Whether programs are heard and told while they run. Where not, all comes with their ends, what they save goes with a job that is lost, and to interrupt one is to kill it.</summary>
    protected virtual bool HearsWhileItRuns => true;

    /// <summary>Waits until a segment's program runs.</summary>
    protected virtual Task RunningAsync(SegmentWork work) => Events.FirstReportOf(work.Segment);

    /// <summary>Makes the executor under test, which runs two segments at a time; it grants an interrupted program a second or so, to pause as well as to stop.</summary>
    protected abstract ValueTask<ITrialExecutor> CreateAsync();

    /// <summary>Makes another one at another place, with the same events and artifacts; <see cref="DestroyAsync"/> ends it, too.</summary>
    protected abstract ValueTask<ITrialExecutor> CreateElsewhereAsync();

    /// <summary>Ends it and all that belongs to it.</summary>
    protected abstract ValueTask DestroyAsync();

    /// <summary>A segment that runs one function of <see cref="TrialPrograms"/>, with x = 3.</summary>
    protected static SegmentWork Work(string model, int trial = 1) => new(
        new SegmentId("contract", trial, 0),
        new ExperimentDefinition
        {
            Project = "contract",
            Space = new SearchSpace(new UniformParameter("x", 0, 10)),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            NumTrials = 1,
            MaxConcurrent = 1,
            Seed = 1,
            Program = new() { Scripts = TrialPrograms.Scripts, Script = TrialPrograms.Script, Model = model },
        },
        Configuration.Of(("x", ParameterValue.Of(3.0))),
        Until: null,
        Attempt: 0);

    /// <summary>The same segment of another experiment.</summary>
    protected static SegmentWork With(SegmentWork work, ExperimentDefinition definition) => work with { Definition = definition };

    /// <summary>Runs a segment to its end.</summary>
    protected async Task<SegmentOutcome> RunAsync(SegmentWork work)
    {
        string handle = await Executor.StartAsync(work, default);
        await Events.EndOf(work.Segment);
        return (await Executor.PollAsync(work.Segment, handle, default))!;
    }

    /// <summary>What a segment reported, while it ran and with its outcome.</summary>
    protected ImmutableArray<Report> AllReports(SegmentWork work, SegmentOutcome outcome) => [.. Events.ReportsOf(work.Segment), .. outcome.Reports];
}
