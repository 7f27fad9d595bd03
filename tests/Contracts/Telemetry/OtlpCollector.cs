using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Contracts.Telemetry;

/// <summary>A collector of OpenTelemetry on the loopback address: http/protobuf, and nothing that is not.</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app) => _app = app;

    public ConcurrentQueue<OtlpSpan> Spans { get; } = [];

    /// <summary>Metrics by name, each with the attributes of its points.</summary>
    public ConcurrentQueue<(string Name, IReadOnlyDictionary<string, string> Attributes)> Points { get; } = [];

    public ConcurrentQueue<(string Body, IReadOnlyDictionary<string, string> Attributes)> Logs { get; } = [];

    public ConcurrentQueue<string> Refused { get; } = [];

    public string Address => _app.Urls.Single();

    public static async Task<OtlpCollector> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        OtlpCollector collector = new(app);
        app.Run(collector.TakeAsync);
        await app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        try
        {
            Assert.Equal("POST", context.Request.Method);
            Assert.Equal("application/x-protobuf", context.Request.ContentType);
            ProtoMessage request = new(body.ToArray());
            switch (context.Request.Path.Value)
            {
                case "/v1/traces":
                    TakeSpans(request);
                    break;
                case "/v1/metrics":
                    TakeMetrics(request);
                    break;
                case "/v1/logs":
                    TakeLogs(request);
                    break;
                default:
                    throw new InvalidDataException($"there is no {context.Request.Path}");
            }

            context.Response.ContentType = "application/x-protobuf"; // an empty message: all was taken
        }
        catch (Exception error)
        {
            Refused.Enqueue(error.Message);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }

    private void TakeSpans(ProtoMessage request)
    {
        foreach (ProtoMessage resource in request.Messages(1))
        {
            Dictionary<string, string> service = Attributes(resource.Messages(1).Single(), 1);
            foreach (ProtoMessage span in resource.Messages(2).SelectMany(scope => scope.Messages(2)))
            {
                Spans.Enqueue(new(span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), service["service.name"], Attributes(span, 9)));
            }
        }
    }

    private void TakeMetrics(ProtoMessage request)
    {
        foreach (ProtoMessage metric in request.Messages(1).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2)))
        {
            int[] kinds = [5, 7, 9]; // gauge, sum, histogram
            foreach (int kind in kinds.Where(metric.Has))
            {
                foreach (ProtoMessage point in metric.Messages(kind).SelectMany(data => data.Messages(1)))
                {
                    Points.Enqueue((metric.Text(1), Attributes(point, kind == 9 ? 9 : 7)));
                }
            }
        }
    }

    private void TakeLogs(ProtoMessage request)
    {
        foreach (ProtoMessage log in request.Messages(1).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2)))
        {
            Logs.Enqueue((log.Messages(5).Single().Text(1), Attributes(log, 6)));
        }
    }

    private static Dictionary<string, string> Attributes(ProtoMessage message, int number)
    {
        Dictionary<string, string> attributes = [];
        foreach (ProtoMessage attribute in message.Messages(number))
        {
            ProtoMessage value = attribute.Messages(2).Single();
            attributes[attribute.Text(1)] = value.Has(1) ? value.Text(1) : (value.Number(3) ?? value.Number(2) ?? value.Number(4))?.ToString() ?? string.Empty;
        }

        return attributes;
    }
}

/// <summary>A span as it was sent.</summary>
public sealed record OtlpSpan(string Trace, string Id, string Parent, string Name, string Service, IReadOnlyDictionary<string, string> Attributes);
