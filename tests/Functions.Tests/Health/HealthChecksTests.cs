using HpoServerless.Contracts.Time;
using HpoServerless.Functions.Health;
using HpoServerless.Functions.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Functions.Tests.Health;

public sealed class HealthChecksTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Each_check_says_how_it_went()
    {
        HealthChecks checks = Checks(("table", _ => Task.CompletedTask), ("blob", _ => throw new InvalidOperationException("https://secret.example")));

        HealthCheckView[] views = [.. await checks.AskAsync()];

        Assert.Equal([("table", "ok"), ("blob", "failed")], views.Select(view => (view.Name, view.Status)));
    }

    [Fact]
    public async Task Check_that_hangs_is_slow_whether_it_listens_or_not()
    {
        HealthChecks checks = Checks(
            ("table", token => Task.Delay(Timeout.Infinite, token)),
            ("queue", _ => new TaskCompletionSource().Task));
        Task<System.Collections.Immutable.ImmutableArray<HealthCheckView>> asked = checks.AskAsync();

        while (!asked.IsCompleted)
        {
            await Task.Yield();
            _clock.Advance(HealthChecks.Patience);
        }

        Assert.All(await asked, view => Assert.Equal("slow", view.Status));
    }

    [Fact]
    public async Task Answer_counts_for_a_while_and_many_callers_cost_one_question()
    {
        int questions = 0;
        TaskCompletionSource answer = new();
        HealthChecks checks = Checks(("table", _ =>
        {
            Interlocked.Increment(ref questions);
            return answer.Task;
        }
        ));

        Task[] callers = [.. Enumerable.Range(0, 20).Select(_ => checks.AskAsync())];
        answer.SetResult();
        await Task.WhenAll(callers);
        await checks.AskAsync();
        int once = questions;
        _clock.Advance(HealthChecks.Fresh);
        await checks.AskAsync();

        Assert.Equal((1, 2), (once, questions));
    }

    private HealthChecks Checks(params (string Name, Func<CancellationToken, Task> Ask)[] checks) => new([.. checks], _clock, NullLogger.Instance);
}
