using System.Diagnostics;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Telemetry;
using HpoServerless.Functions.Tests.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>What the border does when callers or the platform give up, and what it believes of strangers.</summary>
public sealed class AnswersTests : IAsyncLifetime
{
    private static readonly Act Start = new(Right.Submit, "experiment.start", "experiments/e");
    private readonly UnexpectedErrors _errors = new();
    private ApiHost _api = null!;

    private Answers Answers => _api.Host.Services.GetRequiredService<Answers>();

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(
        settings: Users.Settings(("Hpo:Keys:lost", "@Microsoft.KeyVault(SecretUri=x)")), logging: LoggerFactory.Create(logging => logging.AddProvider(_errors)));

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Who_hangs_up_is_noted_all_the_same()
    {
        HttpContext context = Context();
        context.RequestAborted = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Answers.RunAsync(context.Request, Start, _ => throw new OperationCanceledException(context.RequestAborted)));

        Assert.Equal(("alice", "experiments/e", 499), await NewestAsync());
    }

    [Fact]
    public async Task What_the_platform_ends_is_to_be_sent_again_and_is_no_error_of_the_service()
    {
        HttpContext context = Context();

        IResult answer = await Answers.RunAsync(context.Request, Start, _ => throw new TaskCanceledException(null, null, new(canceled: true)));
        await answer.ExecuteAsync(context);

        Assert.Equal(503, context.Response.StatusCode);
        Assert.NotEqual(0, context.Response.Headers.RetryAfter.Count);
        Assert.Empty(_errors.Unexpected);
        Assert.Equal(("alice", "experiments/e", 503), await NewestAsync());
    }

    [Theory]
    [InlineData(204, 0)]
    [InlineData(410, 0)]
    [InlineData(403, 1)]
    public async Task What_is_done_all_the_time_is_noted_where_it_was_refused(int status, int entries)
    {
        await Answers.RunAsync(Context().Request, Start with { IsRoutine = true }, async _ => Results.StatusCode(status));

        Assert.Equal(entries, (await ListAsync()).Length);
    }

    [Fact]
    public async Task Asking_and_telling_are_such()
    {
        await _api.SendAsync("POST", "experiments/e/ask", key: Users.Alice);
        await _api.SendAsync("PUT", "experiments/e/tell", key: Users.Alice);
        Assert.Empty(await ListAsync());

        (await _api.SendAsync("POST", "experiments/e/ask", key: Users.Rita)).IsProblem(403);
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task The_trace_of_a_stranger_is_not_gone_on_with()
    {
        List<ActivityTraceId> seen = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == Spans.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = span =>
            {
                lock (seen)
                {
                    seen.Add(span.TraceId);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        string token = _api.Token("e", 1);
        (string Path, string Header, string Value, bool Known)[] requests =
        [
            ("experiments", "x-functions-key", Users.Alice, true), ("experiments", "x-functions-key", "wrong", false), ("health", "x-functions-key", Users.Alice, false),
            ("experiments/e/trials/1/segments/0/work", "x-hpo-token", token, true), ("experiments/e/trials/2/segments/0/work", "x-hpo-token", token, false),
        ];
        foreach ((string path, string header, string value, bool known) in requests)
        {
            ActivityTraceId trace = ActivityTraceId.CreateRandom();
            await _api.SendAsAsync("GET", path, null, (header, value), ("traceparent", $"00-{trace}-00f067aa0ba902b7-01"));

            lock (seen)
            {
                Assert.True(known == seen.Contains(trace), $"{path} {header}");
            }
        }
    }

    [Fact]
    public async Task A_body_may_be_as_large_as_its_function_says()
    {
        HttpContext context = Context();
        BodyLimit limit = new();
        context.Features.Set<IHttpMaxRequestBodySizeFeature>(limit);

        await RequestBody.ReadAsync(context.Request, 50 << 20, default);
        Assert.Equal(50 << 20, limit.MaxRequestBodySize);
        await RequestBody.ReadAsync(context.Request, 1 << 20, default);
        Assert.Equal(50 << 20, limit.MaxRequestBodySize); // counting is done by who reads
    }

    private static DefaultHttpContext Context()
    {
        DefaultHttpContext context = new();
        context.Request.Headers["x-functions-key"] = Users.Alice;
        return context;
    }

    private async Task<(string User, string Target, int Status)> NewestAsync() => (await ListAsync())[0] is var entry ? (entry.User, entry.Target, entry.Status) : default;

    private async Task<AuditEntry[]> ListAsync() =>
        [.. (await _api.Host.Services.GetRequiredService<IAuditStore>().ListAsync(new(), new(10, null), default)).Items];

    private sealed class BodyLimit : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; } = 30_000_000;
    }
}
