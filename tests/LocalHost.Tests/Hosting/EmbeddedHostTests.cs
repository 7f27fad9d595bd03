using System.Collections.Immutable;
using System.Net;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.LocalHost.Tests.Hosting;

public sealed class EmbeddedHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-host").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Experiment_runs_to_its_end_with_every_trial_once(bool journal)
    {
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(
            new() { DataFolder = journal ? _folder : null, Executors = Embedded.Objective(Embedded.Square) });

        await host.RunAsync("one", Embedded.Definition(trials: 100, concurrent: 8));
        ExperimentSummary summary = await host.EndAsync("one");

        ImmutableArray<Trial> trials = await host.TrialsAsync("one");
        Assert.Equal(ExperimentStatus.Succeeded, summary.Status);
        Assert.Equal(Enumerable.Range(1, 100), trials.Select(t => t.Number));
        Assert.All(trials, t => Assert.Equal(TrialStatus.Completed, t.Status));
        Assert.Equal(trials.Min(t => t.Value), summary.Best!.Value);
    }

    [Fact]
    public async Task Failed_trials_fail_alone()
    {
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            Executors = Embedded.Program((work, _) => Task.FromResult(
                work.Segment.Trial % 2 == 0 ? FunctionExecutor.Ended(SegmentStatus.Failed, "ValueError: even") : FunctionExecutor.Completed(work, ("loss", 1)))),
        });

        await host.RunAsync("half", Embedded.Definition() with { Stopping = new() { Failures = null } });
        ExperimentSummary summary = await host.EndAsync("half");

        Assert.Equal(new TrialCounts(Completed: 10, Failed: 10), summary.Trials);
        Assert.All((await host.TrialsAsync("half")).Where(t => t.Number % 2 == 0), t => Assert.Equal("ValueError: even", t.Error));
    }

    [Fact]
    public async Task Restarted_host_goes_on_where_it_was()
    {
        ExperimentSummary before;
        await using (EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            DataFolder = _folder,
            StopGrace = TimeSpan.Zero,
            Executors = Embedded.Program(async (work, stop) =>
            {
                if (work.Segment.Trial > 10)
                {
                    await Task.Delay(Timeout.Infinite, stop); // never ends in this host
                }

                return FunctionExecutor.Completed(work, ("loss", Embedded.Square(work)));
            }),
        }))
        {
            await host.RunAsync("long", Embedded.Definition(trials: 30));
            before = await host.UntilAsync("long", s => s.Trials.Completed == 10);
        }

        await using EmbeddedHost again = await EmbeddedHost.StartAsync(new() { DataFolder = _folder, Executors = Embedded.Objective(Embedded.Square) });
        ExperimentSummary after = await again.EndAsync("long");

        Assert.Equal(new TrialCounts(Completed: 30), after.Trials);
        Assert.True(after.Turn > before.Turn);
        Assert.Equal(Enumerable.Range(1, 30), (await again.TrialsAsync("long")).Select(t => t.Number));
    }

    [Fact]
    public async Task Host_of_one_experiment_leaves_the_others_alone()
    {
        await using (EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            DataFolder = _folder,
            StopGrace = TimeSpan.Zero,
            Executors = Embedded.Program(async (work, stop) =>
            {
                await Task.Delay(Timeout.Infinite, stop);
                return FunctionExecutor.Completed(work);
            }),
        }))
        {
            await host.RunAsync("other", Embedded.Definition());
            await host.UntilAsync("other", s => s.Trials.Running == 4);
        }

        await using EmbeddedHost again = await EmbeddedHost.StartAsync(
            new() { DataFolder = _folder, OnlyExperiments = ["mine"], Executors = Embedded.Objective(Embedded.Square) });
        await again.RunAsync("mine", Embedded.Definition());
        await again.EndAsync("mine");

        ExperimentSummary other = await again.UntilAsync("other", _ => true);
        Assert.Equal(new TrialCounts(Running: 4), other.Trials);
    }

    [Fact]
    public async Task Keys_of_a_data_folder_survive_a_restart_and_open_the_api()
    {
        HostKeys first;
        await using (EmbeddedHost host = await EmbeddedHost.StartAsync(new() { DataFolder = _folder, HttpPort = 0, Executors = _ => [] }))
        {
            first = host.Keys;
            Assert.Equal(HttpStatusCode.OK, await GetAsync(host, first.Function));
        }

        await using EmbeddedHost again = await EmbeddedHost.StartAsync(new() { DataFolder = _folder, HttpPort = 0, Executors = _ => [] });

        Assert.Equal(first, again.Keys);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(again, first.Function));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(again, "other"));
        Assert.True(again.BaseAddress!.IsLoopback);
    }

    [Fact]
    public async Task Port_that_is_taken_is_an_error()
    {
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(new() { HttpPort = 0, Executors = _ => [] });

        await Assert.ThrowsAsync<UnavailableException>(() => EmbeddedHost.StartAsync(new() { HttpPort = host.BaseAddress!.Port, Executors = _ => [] }));
    }

    [Fact]
    public async Task Options_with_two_faults_list_both()
    {
        InvalidInputException error = await Assert.ThrowsAsync<InvalidInputException>(
            () => EmbeddedHost.StartAsync(new() { HttpPort = -1, MaxWorkers = 0 }));

        Assert.Equal(["HttpPort", "MaxWorkers"], error.Faults.Select(f => f.Path));
    }

    private static async Task<HttpStatusCode> GetAsync(EmbeddedHost host, string key)
    {
        using HttpClient client = new() { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Add("x-functions-key", key);
        using HttpResponseMessage response = await client.GetAsync("/api/experiments");
        return response.StatusCode;
    }
}
