using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Http;
using HpoServerless.LocalHost;
using Microsoft.AspNetCore.Http;

namespace HpoServerless.Functions.Tests.Http;

public sealed class ProblemTests
{
    public static TheoryData<Exception, int> Errors => new()
    {
        { new InvalidInputException(new Fault("a", "1", "must be 2")), 400 },
        { new UnsupportedSpaceException("cmaes", "needs numbers"), 400 },
        { new NotFoundException("experiment", "x"), 404 },
        { new ConflictException("experiment", "x", "has ended"), 409 },
        { new BadHttpRequestException("too large", 413), 413 },
        { new UnavailableException("tables", "secret detail"), 503 },
        { new CorruptDataException("/data/secret", "must be JSON"), 500 },
        { new DataVersionException("data folder /data/secret", 2, 1, "0.2.0"), 500 },
        { new InvalidOperationException("secret detail"), 500 },
    };

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public void Status_follows_from_the_kind_of_error(Exception error, int status)
    {
        Problem problem = Problem.Of(error);

        Assert.Equal(status, problem.Status);
        Assert.Equal(error is InvalidInputException, !problem.Errors.IsEmpty);
        Assert.DoesNotContain("secret", problem.Detail ?? string.Empty);
    }

    [Fact]
    public async Task Storage_that_does_not_answer_is_503_with_a_time_to_try_again()
    {
        await using EmbeddedHost host = await StartAsync(new UnavailableException("tables", "timed out"));
        using HttpClient client = new() { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Add("x-functions-key", host.Keys.Function);

        using HttpResponseMessage response = await client.GetAsync("/api/experiments");

        (await ApiAnswer.ReadAsync(response)).IsProblem(503);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Health_says_which_check_failed_and_not_why()
    {
        await using EmbeddedHost host = await StartAsync(new UnavailableException("tables", "https://secret.example timed out"));
        using HttpClient client = new() { BaseAddress = host.BaseAddress };

        using HttpResponseMessage ready = await client.GetAsync("/api/health");
        using HttpResponseMessage alive = await client.GetAsync("/api/health/live");

        ApiAnswer answer = await ApiAnswer.ReadAsync(ready);
        Assert.Equal((503, 200), (answer.Status, (int)alive.StatusCode));
        Assert.Equal("failed", answer.Json.GetProperty("status").GetString());
        Assert.Equal(
            [("table", "failed"), ("blob", "ok"), ("queue", "ok")],
            answer.Json.GetProperty("checks").EnumerateArray().Select(check => (check.GetProperty("name").GetString(), check.GetProperty("status").GetString())));
        Assert.DoesNotContain("secret", answer.Text);
    }

    [Fact]
    public async Task Unexpected_error_is_500_and_tells_nothing()
    {
        await using EmbeddedHost host = await StartAsync(new InvalidOperationException("secret detail"));
        using HttpClient client = new() { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Add("x-functions-key", host.Keys.Function);

        using HttpResponseMessage response = await client.GetAsync("/api/experiments");

        Assert.DoesNotContain("secret", (await ApiAnswer.ReadAsync(response)).IsProblem(500).Text);
    }

    private static async Task<EmbeddedHost> StartAsync(Exception error)
    {
        StoreSet memory = MemoryStores.Create();
        BreakingStore experiments = new(memory.Experiments, error);
        EmbeddedHost host = await EmbeddedHost.StartAsync(
            new() { HttpPort = 0, Stores = memory with { Experiments = experiments }, Executors = _ => [], StopGrace = TimeSpan.Zero });
        experiments.IsBroken = true;
        return host;
    }

    private sealed class BreakingStore(IExperimentStore inner, Exception error) : IExperimentStore
    {
        public bool IsBroken { get; set; }

        public Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation) => inner.CreateAsync(experiment, cancellation);

        public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) => inner.FindAsync(id, cancellation);

        public Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation) =>
            IsBroken ? throw error : inner.ListAsync(page, cancellation);

        public Task DeleteAsync(string id, CancellationToken cancellation) => inner.DeleteAsync(id, cancellation);
    }
}
