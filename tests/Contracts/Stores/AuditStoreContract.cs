using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Stores;

/// <summary>What every <see cref="IAuditStore"/> does.</summary>
public abstract class AuditStoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A log of its own with nothing in it, and what opens it once more.</summary>
    protected abstract Task<(IAuditStore Log, Func<Task<IAuditStore>>? Another)> CreateAsync();

    [Fact]
    public async Task Entries_are_read_newest_first_as_they_were_written_also_by_the_next_process()
    {
        (IAuditStore log, Func<Task<IAuditStore>>? another) = await CreateAsync();
        Assert.Empty((await log.ListAsync(new(), new(), default)).Items);
        AuditEntry[] entries = [Entry(0), Entry(-3), Entry(26), Entry(50, target: "projects/\"ü\u2028'x")];
        foreach (AuditEntry entry in entries)
        {
            await log.AppendAsync(entry, default);
            await log.AppendAsync(entry, default);
        }

        AuditEntry[] expected = [.. entries.OrderByDescending(entry => entry.At)];
        Assert.Equal(expected, (await log.ListAsync(new(), new(), default)).Items);
        Assert.Equal(expected, (await (another is null ? log : await another()).ListAsync(new(), new(), default)).Items);
    }

    [Fact]
    public async Task Queries_choose_by_time_user_and_target()
    {
        IAuditStore log = (await CreateAsync()).Log;
        for (int hour = 0; hour < 60; hour += 6)
        {
            await log.AppendAsync(Entry(hour, user: hour % 12 == 0 ? "a" : "o'b", target: hour < 30 ? "experiments/x" : "experiments/y"), default);
        }

        Assert.Equal((int[])[54, 48, 42, 36, 30, 24, 18, 12, 6, 0], await HoursAsync(log, new()));
        Assert.Equal((int[])[54, 48, 42], await HoursAsync(log, new(From: Noon.AddHours(42))));
        Assert.Equal((int[])[6, 0], await HoursAsync(log, new(To: Noon.AddHours(12))));
        Assert.Equal((int[])[24, 18], await HoursAsync(log, new(Noon.AddHours(13), Noon.AddHours(25))));
        Assert.Equal((int[])[54, 42, 30, 18, 6], await HoursAsync(log, new(User: "o'b")));
        Assert.Equal((int[])[24, 12, 0], await HoursAsync(log, new(User: "a", Target: "experiments/x")));
        Assert.Empty(await HoursAsync(log, new(User: "nobody")));
    }

    [Fact]
    public async Task Pages_are_the_whole_without_gaps_and_twice_nothing()
    {
        IAuditStore log = (await CreateAsync()).Log;
        for (int minute = 0; minute < 25; minute++)
        {
            await log.AppendAsync(Entry(minute), default); // over midnight
        }

        List<int> sizes = [];
        List<AuditEntry> seen = [];
        string? next = null;
        do
        {
            Page<AuditEntry> page = await log.ListAsync(new(User: "a"), new(10, next), default);
            sizes.Add(page.Items.Length);
            seen.AddRange(page.Items);
            next = page.Continuation;
            await log.AppendAsync(Entry(100 + sizes.Count), default); // what comes meanwhile is on no later page
        }
        while (next is not null);

        Assert.Equal((int[])[10, 10, 5], sizes);
        Assert.Equal(Enumerable.Range(0, 25).Reverse(), seen.Select(HourOf));
        foreach (string bad in (string[])["x", "' or 1 eq 1", "", new string('1', 100)])
        {
            await Assert.ThrowsAsync<InvalidInputException>(() => log.ListAsync(new(), new(10, bad), default));
        }
    }

    [Fact]
    public async Task Only_whole_days_before_one_are_removed()
    {
        IAuditStore log = (await CreateAsync()).Log;
        foreach (int hour in (int[])[-36, -13, -12, 11, 12, 30])
        {
            await log.AppendAsync(Entry(hour), default);
        }

        await log.PruneAsync(new DateOnly(2026, 3, 2), default);
        Assert.Equal((int[])[30, 12], await HoursAsync(log, new()));
        await log.PruneAsync(new DateOnly(2026, 3, 2), default);
        Assert.Equal((int[])[30, 12], await HoursAsync(log, new()));
    }

    [Fact]
    public async Task Of_many_who_add_at_the_same_time_nobody_is_lost()
    {
        (IAuditStore log, Func<Task<IAuditStore>>? another) = await CreateAsync();
        IAuditStore other = another is null ? log : await another();

        await Parallel.ForAsync(0, 120, async (number, token) => await (number % 2 == 0 ? log : other).AppendAsync(Entry(0, number: number), token));

        Assert.Equal(120, (await other.ListAsync(new(), new(1000), default)).Items.Length);
    }

    /// <summary>An entry some hours after noon.</summary>
    protected static AuditEntry Entry(int hours, string user = "a", string target = "experiments/x", int number = 0)
    {
        DateTimeOffset at = Noon.AddHours(hours);
        return new(AuditEntry.IdAt(at, number.ToString("D8", CultureInfo.InvariantCulture)), at, user, "Ann", "submitter", "experiment.stop", target, 202, "t-1");
    }

    private static int HourOf(AuditEntry entry) => (int)(entry.At - Noon).TotalHours;

    private static async Task<int[]> HoursAsync(IAuditStore log, AuditQuery query) => [.. (await log.ListAsync(query, new(), default)).Items.Select(HourOf)];
}
