using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>The service is told to end (SIGTERM) in the middle of an experiment, as each deployment does.</summary>
public sealed class TerminationTests
{
    private const string Id = "terminated";

    [Fact]
    public async Task Server_that_is_terminated_ends_well_loses_nothing_and_ends_nothing_twice()
    {
        using Workplace work = new();
        work.Write("slow/scripts/slow.py", $$"""
            import time


            def slow(config, reporter):
                time.sleep(0.02)
                with open({{System.Text.Json.JsonSerializer.Serialize(Path.Combine(work.Folder, "ended.txt"))}}, "a") as ends:
                    ends.write(f"{config['x']!r}\n")
                reporter(loss=config["x"] * config["x"])
            """);
        using JournalStores stores = new(work.Data, TimeProvider.System);
        TrialWatch watch = new(stores.All, Id);
        int port = HpoServer.FreePort();
        string url = FormattableString.Invariant($"http://127.0.0.1:{port}");
        HpoProcess? waiting = null;
        int[] moments = [20, 80, 140];
        foreach (int moment in moments)
        {
            await using HpoProcess server = Serve(work, port);
            await HpoServer.AddressAsync(server);
            waiting ??= HpoProcess.Start(work.Folder, "run", Workplace.Project, "--id", Id, "--url", url, "--data", work.Data, "--wait", "--json");
            while (await watch.CountAsync() < moment)
            {
                Assert.False(waiting.HasExited, waiting.HasExited ? (await waiting.EndAsync()).Error : string.Empty);
                await Task.Delay(5);
            }

            await server.TerminateAsync();
            HpoEnd ended = await server.EndAsync();
            Assert.True(ended.Code == 0, ended.Error);
            await watch.LookAsync();
        }

        await using HpoProcess last = Serve(work, port);
        HpoEnd end = await waiting!.EndAsync();
        await waiting.DisposeAsync();

        Assert.True(end.Code == 0, end.Error);
        await watch.DemandWholeAsync();
        await DemandRunsAsync(work, watch, moments.Length);
    }

    /// <summary>Nothing that ended was run again; only what ran at the moment of an end may have been begun again.</summary>
    private static async Task DemandRunsAsync(Workplace work, TrialWatch watch, int terminations)
    {
        const int AtOnce = 3;
        string[] ends = await File.ReadAllLinesAsync(Path.Combine(work.Folder, "ended.txt"));
        List<Trial> trials = await watch.LookAsync();

        Assert.Equal(Workplace.Trials, ends.Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(ends.Length, Workplace.Trials, Workplace.Trials + (terminations * AtOnce));
        Assert.All(trials, trial => Assert.Single(trial.Reports));
    }

    private static HpoProcess Serve(Workplace work, int port) => HpoProcess.Start(work.Folder, "serve", "--port", $"{port}", "--data", work.Data);
}
