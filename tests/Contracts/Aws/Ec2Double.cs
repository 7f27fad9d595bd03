using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace HpoServerless.Contracts.Aws;

/// <summary>A strict double of the EC2 query API on the loopback address: checks signatures itself, and refuses what it does not know.</summary>
public sealed class Ec2Double : IAsyncDisposable
{
    public const string Region = "eu-test-1";
    public const string KeyId = "AKIDDOUBLE";
    public const string Secret = "secret/of+the/double";

    private static readonly XNamespace Xml = "http://ec2.amazonaws.com/doc/2016-11-15/";

    private readonly ConcurrentDictionary<string, Ec2DoubleInstance> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _changes = [];
    private WebApplication? _app;

    /// <summary>Where it is.</summary>
    public Uri Endpoint { get; private set; } = new("http://localhost");

    /// <summary>Calls that were signed well, as <c>Action id</c>, with <c>?</c> where it was only tried.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Errors for the next calls.</summary>
    public ConcurrentQueue<Ec2Refusal> Refusals { get; } = new();

    /// <summary>Errors for the next call of an action that is not only tried.</summary>
    public ConcurrentDictionary<string, Ec2Refusal> Wrong { get; } = new();

    /// <summary>Actions that the keys may not do.</summary>
    public ConcurrentDictionary<string, bool> Forbidden { get; } = new();

    /// <summary>Token that requests must carry; null for none.</summary>
    public string? SessionToken { get; set; }

    public static async Task<Ec2Double> StartAsync()
    {
        Ec2Double made = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        made._app = builder.Build();
        made._app.Run(made.AnswerAsync);
        await made._app.StartAsync();
        made.Endpoint = new(made._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return made;
    }

    public void Add(Ec2DoubleInstance instance) => _instances[instance.Id] = instance;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await Task.WhenAll(_changes);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        XElement answer;
        try
        {
            CheckSignature(http.Request, body.ToArray());
            answer = Decide(http.Request, Encoding.ASCII.GetString(body.ToArray()));
        }
        catch (Ec2Refusal refusal)
        {
            http.Response.StatusCode = refusal.Status;
            answer = new XElement(
                "Response",
                new XElement("Errors", new XElement("Error", new XElement("Code", refusal.Code), new XElement("Message", refusal.Text))),
                new XElement("RequestID", Guid.NewGuid()));
        }

        http.Response.ContentType = "text/xml;charset=UTF-8";
        await http.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{answer}");
    }

    private XElement Decide(HttpRequest request, string body)
    {
        if (request.Method != "POST" || request.Path != "/" || request.QueryString.HasValue || request.ContentType != "application/x-www-form-urlencoded; charset=utf-8")
        {
            throw new Ec2Refusal(400, "MalformedQueryString", $"{request.Method} {request.Path}{request.QueryString} {request.ContentType}");
        }

        Dictionary<string, StringValues> form = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(body);
        string action = form.GetValueOrDefault("Action").ToString();
        string id = form.GetValueOrDefault("InstanceId.1").ToString();
        bool dryRun = form.GetValueOrDefault("DryRun") == "true";
        string[] unknown = [.. form.Keys.Except(["Action", "Version", "InstanceId.1", "DryRun"], StringComparer.Ordinal)];
        if (form.GetValueOrDefault("Version") != "2016-11-15" || unknown.Length > 0)
        {
            throw new Ec2Refusal(400, "UnknownParameter", string.Join(',', unknown));
        }

        Calls.Enqueue($"{action} {id}{(dryRun ? "?" : string.Empty)}");
        if (Refusals.TryDequeue(out Ec2Refusal? scripted))
        {
            throw scripted;
        }

        if (Forbidden.ContainsKey(action))
        {
            throw new Ec2Refusal(403, "UnauthorizedOperation", "You are not authorized to perform this operation.");
        }

        if (!_instances.TryGetValue(id, out Ec2DoubleInstance? instance))
        {
            throw new Ec2Refusal(400, "InvalidInstanceID.NotFound", $"The instance ID '{id}' does not exist");
        }

        if (dryRun)
        {
            throw new Ec2Refusal(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        }

        if (Wrong.TryRemove(action, out Ec2Refusal? wrong))
        {
            throw wrong;
        }

        lock (instance)
        {
            return action switch
            {
                "DescribeInstances" => Describe(instance),
                "StartInstances" => Change(instance, action, from: "stopped", through: "pending", to: "running"),
                "StopInstances" => Change(instance, action, from: "running", through: "stopping", to: "stopped"),
                _ => throw new Ec2Refusal(400, "InvalidAction", action),
            };
        }
    }

    private static XElement Describe(Ec2DoubleInstance instance) => new(
        Xml + "DescribeInstancesResponse",
        new XElement(Xml + "requestId", Guid.NewGuid()),
        new XElement(
            Xml + "reservationSet",
            new XElement(
                Xml + "item",
                new XElement(Xml + "reservationId", "r-1"),
                new XElement(
                    Xml + "instancesSet",
                    new XElement(
                        Xml + "item",
                        new XElement(Xml + "instanceId", instance.Id),
                        new XElement(Xml + "instanceState", new XElement(Xml + "code", 0), new XElement(Xml + "name", instance.State)),
                        new XElement(Xml + "privateIpAddress", "10.0.0.1"),
                        new XElement(Xml + "dnsName", instance.State == "running" ? instance.PublicName : string.Empty))))));

    private XElement Change(Ec2DoubleInstance instance, string action, string from, string through, string to)
    {
        if (instance.State != from && instance.State != through && instance.State != to)
        {
            throw new Ec2Refusal(400, "IncorrectInstanceState", $"The instance '{instance.Id}' is not in a state from which it can be changed: it is {instance.State}");
        }

        if (instance.State == from)
        {
            instance.State = through;
            _changes.Add(Task.Run(() => PassAsync(instance, to)));
        }

        return new(
            Xml + $"{action}Response",
            new XElement(
                Xml + "instancesSet",
                new XElement(
                    Xml + "item",
                    new XElement(Xml + "instanceId", instance.Id),
                    new XElement(Xml + "currentState", new XElement(Xml + "code", 0), new XElement(Xml + "name", instance.State)))));
    }

    private static async Task PassAsync(Ec2DoubleInstance instance, string to)
    {
        await Task.Delay(instance.Delay);
        if (to == "stopped")
        {
            await instance.Halt();
        }

        lock (instance)
        {
            instance.State = to;
        }

        if (to == "running")
        {
            await Task.Delay(instance.Delay);
            await instance.Boot();
        }
    }

    private void CheckSignature(HttpRequest request, byte[] body)
    {
        string[] parts = request.Headers.Authorization.ToString().Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        string Part(string name) => parts.FirstOrDefault(p => p.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..]
            ?? throw new Ec2Refusal(400, "MissingAuthenticationToken", name);
        string[] scope = Part("Credential").Split('/');
        string[] signed = Part("SignedHeaders").Split(';');
        string date = request.Headers["X-Amz-Date"].ToString();
        if (scope is not [KeyId, var day, Region, "ec2", "aws4_request"] || day != date[..8] || !signed.Contains("host") || !signed.Contains("x-amz-date"))
        {
            throw new Ec2Refusal(401, "AuthFailure", "AWS was not able to validate the provided access credentials");
        }

        DateTimeOffset at = DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((TimeProvider.System.GetUtcNow() - at).Duration() > TimeSpan.FromMinutes(5))
        {
            throw new Ec2Refusal(400, "RequestExpired", date);
        }

        if (SessionToken is not null && (request.Headers["X-Amz-Security-Token"] != SessionToken || !signed.Contains("x-amz-security-token")))
        {
            throw new Ec2Refusal(401, "AuthFailure", "the token is missing");
        }

        StringBuilder canonical = new("POST\n/\n\n");
        foreach (string name in signed)
        {
            canonical.Append(name).Append(':').Append(request.Headers[name].ToString().Trim()).Append('\n');
        }

        canonical.Append('\n').Append(string.Join(';', signed)).Append('\n').Append(Hex(SHA256.HashData(body)));
        string text = $"AWS4-HMAC-SHA256\n{date}\n{string.Join('/', scope[1..])}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        byte[] key = scope[1..].Aggregate(Encoding.UTF8.GetBytes($"AWS4{Secret}"), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        if (Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))) != Part("Signature"))
        {
            throw new Ec2Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
