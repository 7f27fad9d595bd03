using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>What is remembered of experiments has its limit, and where it is full only as much goes as is needed.</summary>
public sealed class ExperimentCacheTests
{
    private const long OneEmpty = 32 << 10;

    [Fact]
    public async Task Full_cache_forgets_one_experiment_for_another_and_never_the_one_that_came_last()
    {
        Workshop shop = new();
        ExperimentCache cache = Create(shop, room: 3 * OneEmpty);
        for (int number = 1; number <= 20; number++)
        {
            await RememberAsync(shop, cache, $"e{number}");

            string[] known = await KnownAsync(cache, number);
            Assert.Equal(Math.Min(3, number), known.Length);
            Assert.Contains($"e{number}", known);
        }
    }

    [Fact]
    public async Task Forgotten_and_ended_experiments_leave_room()
    {
        Workshop shop = new();
        ExperimentCache cache = Create(shop, room: 3 * OneEmpty);
        for (int number = 1; number <= 3; number++)
        {
            await RememberAsync(shop, cache, $"e{number}");
            await RememberAsync(shop, cache, $"e{number}"); // the same again takes no more
        }

        cache.Forget("e2");
        cache.Forget("e2");
        await RememberAsync(shop, cache, "e4");

        Assert.Equal(["e1", "e3", "e4"], await KnownAsync(cache, 4));
    }

    [Fact]
    public async Task Experiment_takes_room_for_its_trials_and_one_that_is_too_large_is_remembered_alone()
    {
        Workshop shop = new();
        ExperimentCache cache = Create(shop, room: 5 * OneEmpty);
        for (int number = 1; number <= 3; number++)
        {
            await RememberAsync(shop, cache, $"e{number}");
        }

        ExperimentState large = await RememberAsync(shop, cache, "e4", trials: 64);

        Assert.Equal(64, large.Trials.Count);
        Assert.Equal(3, (await KnownAsync(cache, 4)).Length); // three times 32 KiB with its 64 KiB: one of the small ones had to go

        await RememberAsync(shop, cache, "e5", trials: 1000);

        Assert.Equal(["e5"], await KnownAsync(cache, 5));
    }

    private static ExperimentCache Create(Workshop shop, long room) => new(shop.Stores.Experiments, shop.Stores.Turns) { Room = room };

    /// <summary>Remembers an experiment that the store does not have (any more), so that only the cache can tell of it.</summary>
    private static async Task<ExperimentState> RememberAsync(Workshop shop, ExperimentCache cache, string id, int trials = 0)
    {
        await shop.CreateAsync(d => d with { NumTrials = 1000, MaxConcurrent = 1000 }, id);
        ExperimentRecord record = (await shop.Stores.Experiments.FindAsync(id, CancellationToken.None))!;
        await shop.Stores.Experiments.DeleteAsync(id, CancellationToken.None);
        ExperimentState state = ExperimentState.Initial(record.Definition with { MaxConcurrent = Math.Max(1, trials) }, record.Summary.CreatedAt);
        while (state.Trials.Count < trials)
        {
            state = ExperimentEngine.Advance(state, [], shop.Clock.GetUtcNow(), limits: null, []).State;
        }

        cache.Remember(id, state);
        return state;
    }

    private static async Task<string[]> KnownAsync(ExperimentCache cache, int last)
    {
        List<string> known = [];
        foreach (string id in Enumerable.Range(1, last).Select(number => $"e{number}"))
        {
            try
            {
                await cache.DefinitionAsync(id, CancellationToken.None);
                known.Add(id);
            }
            catch (NotFoundException)
            {
                // Forgotten.
            }
        }

        return [.. known];
    }
}
