using System.Collections.Immutable;
using System.Net;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Http;
using HpoServerless.LocalHost.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Http;

/// <summary>The HTTP triggers on Kestrel, bound to the loopback address. Who may call is decided behind it, as in the cloud.</summary>
internal sealed class HttpFrontEnd
{
    private const string RoutePrefix = "/api/";
    private const long MaxBodyBytes = 1L << 30; // each function has a smaller limit of its own

    private static readonly string[] AllMethods = [HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete, HttpMethods.Patch, HttpMethods.Head];

    private readonly WebApplication _app;

    private HttpFrontEnd(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <exception cref="UnavailableException">The port is taken.</exception>
    public static async Task<HttpFrontEnd> StartAsync(
        int port, ImmutableArray<(FunctionEntry Entry, FunctionInvoker Invoker)> functions, ILoggerFactory logging, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(logging);

        WebApplication app = builder.Build();
        app.Use(AnswerErrorsAsync);
        app.UseRouting();
        foreach ((FunctionEntry entry, FunctionInvoker invoker) in functions)
        {
            if (entry.Trigger is HttpTriggerAttribute trigger)
            {
                app.MapMethods(RoutePrefix + (trigger.Route ?? entry.Name), trigger.Methods ?? AllMethods, context => RunAsync(context, invoker));
            }
        }

        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException error)
        {
            await app.DisposeAsync();
            throw new UnavailableException($"port {port}", error.Message, error);
        }

        return new(app);
    }

    public async Task StopAsync(TimeSpan grace)
    {
        using CancellationTokenSource limit = new(grace);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static async Task RunAsync(HttpContext context, FunctionInvoker invoker)
    {
        IResult result = (IResult)(await invoker.InvokeAsync(context.Request, context.RequestAborted, name => context.GetRouteValue(name) as string))!;
        await result.ExecuteAsync(context);
    }

    /// <summary>What no function answered (no such address, no such method, an error outside) is a problem too.</summary>
    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await Problem.Of(error).ExecuteAsync(context);
            return;
        }

        HttpResponse response = context.Response;
        if (response.StatusCode >= 400 && !response.HasStarted && response.ContentType is null)
        {
            Problem problem = response.StatusCode switch
            {
                404 => new(404, "not-found", "There is no such thing", $"nothing has the address {context.Request.Path}"),
                405 => new(405, "method-not-allowed", "The method is not allowed here", $"{context.Request.Path} allows {response.Headers.Allow}"),
                _ => new(response.StatusCode, "bad-request", "The request is not acceptable"),
            };
            await problem.ExecuteAsync(context);
        }
    }
}
