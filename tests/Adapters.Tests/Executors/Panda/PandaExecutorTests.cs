using System.Text.Json.Nodes;
using HpoServerless.Adapters.Executors.Panda;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Panda;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Adapters.Tests.Executors.Panda;

/// <summary>What the contract of executors does not say about the grid: its failures, restarts, requests and what is sent there.</summary>
public sealed class PandaExecutorTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-panda-executor-").FullName;
    private readonly RecordedEvents _events = new();
    private readonly MemoryArtifacts _artifacts = new MemoryArtifacts().WithScripts(TrialPrograms.Scripts, (TrialPrograms.Script, TrialPrograms.Text));
    private readonly List<PandaExecutor> _executors = [];
    private PandaDouble? _grid;

    private PandaDouble Grid => _grid!;

    public async ValueTask InitializeAsync() => _grid = await PandaDouble.StartAsync(Path.Combine(_folder, "grid"));

    public async ValueTask DisposeAsync()
    {
        foreach (PandaExecutor executor in _executors)
        {
            await executor.DisposeAsync();
        }

        await Grid.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_task_goes_through_the_states_and_has_no_secret()
    {
        SegmentOutcome outcome = await RunAsync(Executor(), Work("square"));
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        PandaDoubleTask task = Assert.Single(Grid.Tasks);
        Assert.Equal(["registered", "defined", "assigning", "ready", "scouting", "running", "done"], task.Statuses);
        Assert.StartsWith("user.alice.hpo.grid-project.", task.Name, StringComparison.Ordinal);
        Assert.EndsWith("/", task.Name, StringComparison.Ordinal);
        Assert.True((bool)task.Parameters["noInput"]!);
        Assert.Equal(1, (int)task.Parameters["disableAutoRetry"]!);
        Assert.DoesNotContain("token", string.Concat(Grid.Bodies), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("HPO_URL", string.Concat(Grid.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_projects_wishes_for_the_grid_count_before_the_sites()
    {
        PandaExecutor executor = Executor(options => options with { Queues = ["OTHER_GPU"], Container = "docker://site", WorkingGroup = "phys", MemoryMiB = 2000, Cores = null });
        SegmentWork work = Work("square");
        work = work with
        {
            Definition = work.Definition with
            {
                Grid = new() { Sites = ["GRID_GPU", "OTHER_GPU"], Container = "docker://project", Retry = true, InDS = "user.alice.data/", OutDS = "user.${RUCIO_ACCOUNT}.{HPO_PROJECT_NAME}.out.$(date +%Y)" },
            },
        };
        await RunAsync(executor, work);
        JsonObject task = Assert.Single(Grid.Tasks).Parameters;
        Assert.StartsWith("user.alice.grid-project.out.", (string)task["taskName"]!, StringComparison.Ordinal);
        Assert.Equal(["GRID_GPU", "OTHER_GPU"], task["includedSite"]!.AsArray().Select(site => (string)site!));
        Assert.Equal(("docker://project", "phys", 2000, "user.alice.data/"), ((string)task["container_name"]!, (string)task["workingGroup"]!, (int)task["ramCount"]!, (string)task["dsForIN"]!));
        Assert.False(task.ContainsKey("disableAutoRetry") || task.ContainsKey("noInput") || task.ContainsKey("coreCount"));
        Assert.Contains("nvidia-gpu", task["jobParameters"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_grid_loses_is_lost_and_what_it_cannot_run_failed()
    {
        PandaExecutor executor = Executor();
        Grid.FailShare = 1;
        SegmentOutcome lost = await RunAsync(executor, Work("square"));
        Assert.Equal(SegmentStatus.Lost, lost.Status);
        Assert.Contains("worker node was lost", lost.Error, StringComparison.Ordinal);
        Grid.FailShare = 0;
        SegmentOutcome again = await RunAsync(executor, Work("square") with { Attempt = 1 });
        Assert.Equal((SegmentStatus.Completed, 2), (again.Status, again.Attempts));
        Assert.Equal(2, Grid.Tasks.Count);

        SegmentOutcome broken = await RunAsync(Executor(options => options with { Queues = ["NOWHERE"] }), Work("square", 2));
        Assert.Equal(SegmentStatus.Failed, broken.Status);
        Assert.Contains("NOWHERE", broken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_grid_retries_a_failed_job_counts_less()
    {
        Grid.FailShare = 0.5;
        Grid.Refusals.Enqueue((503, "busy"));
        SegmentWork[] works = [.. Enumerable.Range(1, 3).Select(trial => Work("square", trial))];
        PandaExecutor executor = Executor(options => options with { Retry = true, MaxAttempts = 3 });
        int attempts = 0;
        foreach (SegmentWork work in works)
        {
            SegmentOutcome outcome = await RunAsync(executor, work);
            Assert.Equal(SegmentStatus.Completed, outcome.Status);
            attempts += outcome.Attempts;
        }

        Assert.Contains(Grid.Tasks, task => task.Jobs.Count == 2);
        Assert.Equal(Grid.Tasks.Sum(task => task.Jobs.Count), attempts);
    }

    [Fact]
    public async Task Metadata_that_is_missing_is_waited_for_and_then_the_segment_is_lost()
    {
        Grid.MetadataLossShare = 1;
        SegmentOutcome outcome = await RunAsync(Executor(), Work("square"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("userJobMetadata.json", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("done", Grid.Tasks[0].Status);
    }

    [Fact]
    public async Task A_task_that_somebody_kills_is_lost_and_one_that_vanished_too()
    {
        PandaExecutor executor = Executor();
        SegmentWork work = Work("sleep");
        await executor.StartAsync(work, default);
        Grid.Put(Grid.Tasks[0].Id, "toabort");
        await _events.EndOf(work.Segment);

        SegmentId other = new("grid", 7, 0);
        string handle = new PandaHandle(77, "abc", 0, DateTimeOffset.UnixEpoch).ToString();
        Assert.Equal(SegmentStatus.Lost, (await executor.PollAsync(other, handle, default))!.Status);
    }

    [Fact]
    public async Task Another_process_goes_on_with_what_one_began()
    {
        SegmentWork work = Work("three_steps");
        PandaExecutor first = Executor();
        string handle = await first.StartAsync(work, default);
        await first.DisposeAsync();

        PandaExecutor second = Executor();
        SegmentOutcome outcome = await EndAsync(second, work, handle);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal(3, _events.ReportsOf(work.Segment).Length + outcome.Reports.Length);
        Assert.Single(Grid.Tasks);
    }

    [Fact]
    public async Task Asked_about_by_another_process_a_segment_is_started_again_to_go_on()
    {
        SegmentWork work = Work("Summing") with { Until = 3 };
        PandaExecutor first = Executor();
        string handle = await first.StartAsync(work, default);
        await first.DisposeAsync();
        _events.Answer = (_, _, _) => Task.FromResult(new TrialDirective(DirectiveAction.Continue, 6));

        PandaExecutor second = Executor();
        SegmentOutcome outcome = await EndAsync(second, work, handle);
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        SegmentOutcome again = await RunAsync(second, work with { Attempt = 1, Until = null, Checkpoints = _events.CheckpointsOf(work.Segment) });
        Assert.Equal(SegmentStatus.Completed, again.Status);
        Assert.Equal([1, 2, 3, 4, 5, 6], _events.ReportsOf(work.Segment).Concat(again.Reports).Select(r => r.Step).Distinct());
        Assert.Contains(_events.Restores, restore => restore.Step == 3);
    }

    [Fact]
    public async Task Another_process_follows_a_segment_to_the_task_with_which_it_went_on()
    {
        _events.Answer = (reports, wait, _) => Task.FromResult(new TrialDirective(DirectiveAction.Continue, wait && reports[^1].Step < 6 ? 6 : null));
        SegmentWork work = Work("Summing") with { Until = 3 };
        PandaExecutor first = Executor();
        string handle = await first.StartAsync(work, default);
        await Eventually.HoldsAsync(() => Grid.Tasks.Count == 2, "it does not go on");
        await first.DisposeAsync();
        PandaExecutor second = Executor();
        SegmentOutcome outcome = await EndAsync(second, work, handle);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal(2, Grid.Tasks.Count);
        Assert.Equal([1, 2, 3, 4, 5, 6], _events.ReportsOf(work.Segment).Concat(outcome.Reports).Select(r => r.Step).Distinct());
    }

    [Fact]
    public async Task A_segment_that_is_asked_about_goes_on_as_another_task_from_its_checkpoint()
    {
        _events.Answer = (reports, wait, _) => Task.FromResult(new TrialDirective(DirectiveAction.Continue, wait && reports[^1].Step < 4 ? reports[^1].Step + 2 : null));
        SegmentWork work = Work("Summing") with { Until = 2 };
        SegmentOutcome outcome = await RunAsync(Executor(), work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal(3, Grid.Tasks.Count);
        Assert.Equal([(1, 9.0), (2, 8.0), (3, 7.0), (4, 6.0), (5, 5.0), (6, 4.0)], _events.ReportsOf(work.Segment).Concat(outcome.Reports).Select(r => (r.Step, r.Metrics["loss"]!.Value)));
    }

    [Fact]
    public async Task The_sandbox_of_many_trials_is_uploaded_once_and_one_listing_a_round_serves_all()
    {
        Grid.Slots = 8;
        PandaExecutor executor = Executor(options => options with { PollEvery = TimeSpan.FromSeconds(1) });
        SegmentWork[] works = [.. Enumerable.Range(1, 8).Select(trial => Work("square", trial))];
        await Task.WhenAll(works.Select(work => executor.StartAsync(work, default)));
        await Task.WhenAll(works.Select(work => _events.EndOf(work.Segment)));
        Assert.Equal(8, Grid.Tasks.Count);
        Assert.Equal(1, Grid.Uploads);
        int lists = Grid.Requests.Count(request => request.Contains("get_tasks_detailed_info_since", StringComparison.Ordinal));
        Assert.InRange(lists, 1, 60);
        Assert.Equal(8, Grid.Requests.Count(request => request.Contains("get_metadata", StringComparison.Ordinal)));
        Assert.Single(Grid.Requests, request => request.Contains("validate_cache_file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Removing_an_experiment_kills_its_tasks_also_those_of_other_processes()
    {
        PandaExecutor first = Executor();
        string handle = await first.StartAsync(Work("sleep"), default);
        PandaExecutor second = Executor();
        await second.RemoveAsync("grid", default);
        await Eventually.HoldsAsync(() => Grid.Tasks[0].Status == "aborted", "it is not killed");
        Assert.NotEqual(SegmentStatus.Completed, (await first.PollAsync(new("grid", 1, 0), handle, default))?.Status ?? SegmentStatus.Lost);
    }

    [Fact]
    public async Task A_work_that_is_too_long_for_the_command_goes_in_the_sandbox()
    {
        SegmentWork work = Work("square") with
        {
            Configuration = Configuration.Of([("x", ParameterValue.Of(3.0)), .. Enumerable.Range(0, 400).Select(i => ($"p{i}", ParameterValue.Of(Math.Sqrt(i + 0.5))))]),
        };
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Executor(), work)).Status);
        Assert.Contains("work.json", Uri.UnescapeDataString(Grid.Tasks[0].Parameters["jobParameters"]!.ToJsonString()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_anybody_to_ask_only_trials_that_run_to_their_ends_are_taken()
    {
        PandaExecutor executor = new(PandaGrid.Options(Grid), _artifacts, events: null);
        _executors.Add(executor);
        await Assert.ThrowsAsync<ConflictException>(() => executor.StartAsync(Work("square") with { Until = 1 }, default));
        SegmentWork work = Work("square");
        string handle = await executor.StartAsync(work, default);
        SegmentOutcome outcome = await EndAsync(executor, work, handle);
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Reports.Length));
    }

    [Fact]
    public async Task The_end_of_the_log_comes_with_the_segment()
    {
        await RunAsync(Executor(), Work("crash"));
        ReadOnlyMemory<byte> log = (await _artifacts.FindAsync(TrialLog.NameFor("grid", 1), default))!.Value;
        Assert.Contains("last words", System.Text.Encoding.UTF8.GetString(log.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_impossible_name_is_refused()
    {
        PandaExecutor executor = Executor(options => options with { OutDS = "user.{ACCOUNT}.{UNKNOWN}" });
        InvalidInputException error = await Assert.ThrowsAsync<InvalidInputException>(() => executor.StartAsync(Work("square"), default));
        Assert.Equal("grid_config.outDS", error.Faults[0].Path);
    }

    private static SegmentWork Work(string model, int trial = 1) => new(
        new SegmentId("grid", trial, 0),
        new ExperimentDefinition
        {
            Project = "grid-project",
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

    private static async Task<SegmentOutcome> RunAsync(PandaExecutor executor, SegmentWork work) =>
        await EndAsync(executor, work, await executor.StartAsync(work, default));

    private static async Task<SegmentOutcome> EndAsync(PandaExecutor executor, SegmentWork work, string handle)
    {
        SegmentOutcome? outcome = null;
        await Eventually.HoldsAsync(async () => (outcome = await executor.PollAsync(work.Segment, handle, default)) is not null, "the job never ends");
        return outcome!;
    }

    private PandaExecutor Executor(Func<PandaOptions, PandaOptions>? change = null)
    {
        PandaOptions options = PandaGrid.Options(Grid);
        PandaExecutor executor = new(change?.Invoke(options) ?? options, _artifacts, _events);
        _executors.Add(executor);
        return executor;
    }
}
