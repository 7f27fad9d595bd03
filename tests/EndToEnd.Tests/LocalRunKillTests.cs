using HpoServerless.Adapters.Stores.Journal;

namespace HpoServerless.EndToEnd.Tests;

public sealed class LocalRunKillTests
{
    [Fact]
    public async Task Run_that_is_killed_ten_times_and_resumed_loses_nothing_and_counts_nothing_twice()
    {
        using Workplace work = new();
        using JournalStores stores = new(work.Data, TimeProvider.System);
        RandomMoments moments = new(seed: 20);
        string? id = null;
        TrialWatch? watch = null;
        int kills = 0;
        for (int number = 0; number < RandomMoments.Count; number++)
        {
            await using HpoProcess run = HpoProcess.Start(work.Folder, ["local_run", .. id is null ? [Workplace.Project] : new[] { "--resume", id }, "--data", work.Data]);
            id ??= await Until.NotNullAsync(work.FindExperiment);
            watch ??= new(stores.All, id);
            await moments.WaitAsync(number, watch.CountAsync, () => run.HasExited);
            kills += run.HasExited ? 0 : 1;
            await run.KillAsync();
            await watch.LookAsync();
        }

        HpoEnd end = await HpoProcess.SucceedAsync(work.Folder, "local_run", "--resume", id!, "--data", work.Data, "--json");

        Assert.Equal(RandomMoments.Count, kills);
        Assert.Equal("""{"completed":200,"failed":0,"stopped":0,"total":200}""", end.Counts());
        await watch!.DemandWholeAsync();
    }
}
