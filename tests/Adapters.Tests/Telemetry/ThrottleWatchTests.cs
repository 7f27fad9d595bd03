using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using HpoServerless.Adapters.Telemetry;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Tests.Telemetry;

public sealed class ThrottleWatchTests
{
    [Fact]
    public async Task Each_answer_that_asks_for_less_is_told_although_the_client_repeats_by_itself()
    {
        Notes notes = new();
        Impatience options = new() { Transport = new HttpClientTransport(new Answers([503, 500, 429, 200])) };
        options.Retry.Delay = TimeSpan.Zero;
        options.Retry.MaxDelay = TimeSpan.Zero;
        options.AddPolicy(new ThrottleWatch("table storage", notes), HttpPipelinePosition.PerRetry);
        HttpPipeline pipeline = HttpPipelineBuilder.Build(options);
        using Request request = pipeline.CreateRequest();
        request.Uri.Reset(new("http://127.0.0.1/"));

        using Azure.Response response = await pipeline.SendRequestAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(200, response.Status);
        Assert.Equal([("StorageThrottled", "503"), ("StorageThrottled", "429")], notes.Told);
    }

    private sealed class Impatience : ClientOptions;

    private sealed class Answers(int[] statuses) : HttpMessageHandler
    {
        private int _next;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((HttpStatusCode)statuses[_next++]));
    }

    private sealed class Notes : ILogger
    {
        public List<(string? Event, string? Status)> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Told.Add((
            eventId.Name, ((IReadOnlyList<KeyValuePair<string, object?>>)state!).First(field => field.Key == "Status").Value?.ToString()));
    }
}
