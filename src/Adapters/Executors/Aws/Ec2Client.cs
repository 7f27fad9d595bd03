using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>The few calls of the EC2 query API that are needed. Throttled calls are tried again.</summary>
internal sealed class Ec2Client(AwsOptions options, Func<CancellationToken, Task<AwsKeys>> keys, TimeProvider time) : IDisposable
{
    /// <summary>What a call that was only tried says where it may be made.</summary>
    public const string WouldSucceed = "DryRunOperation";

    private const string Version = "2016-11-15";
    private const int Tries = 6;

    private static readonly string[] Busy = ["RequestLimitExceeded", "Unavailable", "ServiceUnavailable", "InternalError", "InternalFailure", "Throttling"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };

    /// <exception cref="Ec2Exception">It is refused.</exception>
    /// <exception cref="UnavailableException">EC2 does not answer, or is too busy.</exception>
    public async Task<Ec2Instance> DescribeAsync(string id, CancellationToken cancellation)
    {
        XElement answer = await CallAsync("DescribeInstances", id, dryRun: false, cancellation);
        XElement instance = answer.Descendants().FirstOrDefault(e => e.Name.LocalName == "instanceId" && e.Value == id)?.Parent
            ?? throw new Ec2Exception("InvalidInstanceID.NotFound", $"the instance {id} is not in the answer");
        return new(id, Text(Child(instance, "instanceState"), "name") ?? string.Empty, Text(instance, "dnsName") ?? Text(instance, "ipAddress"), Text(instance, "privateIpAddress"));
    }

    /// <summary>Starts an instance; one that runs is left as it is.</summary>
    /// <exception cref="Ec2Exception">It is refused, or only tried.</exception>
    /// <exception cref="UnavailableException">EC2 does not answer, or is too busy.</exception>
    public Task StartAsync(string id, bool dryRun, CancellationToken cancellation) => CallAsync("StartInstances", id, dryRun, cancellation);

    /// <summary>Stops an instance; one that is stopped is left as it is.</summary>
    /// <exception cref="Ec2Exception">It is refused, or only tried.</exception>
    /// <exception cref="UnavailableException">EC2 does not answer, or is too busy.</exception>
    public Task StopAsync(string id, bool dryRun, CancellationToken cancellation) => CallAsync("StopInstances", id, dryRun, cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<XElement> CallAsync(string action, string id, bool dryRun, CancellationToken cancellation)
    {
        byte[] body = Encoding.ASCII.GetBytes(
            $"Action={action}&Version={Version}&InstanceId.1={Uri.EscapeDataString(id)}{(dryRun ? "&DryRun=true" : string.Empty)}");
        TimeSpan pause = options.FirstPause;
        for (int left = Tries - 1; ; left--, pause *= 2)
        {
            string problem;
            try
            {
                (HttpStatusCode status, XElement answer) = await SendAsync(body, cancellation);
                if (status == HttpStatusCode.OK)
                {
                    return answer;
                }

                XElement? error = answer.Descendants().FirstOrDefault(e => e.Name.LocalName == "Error");
                Ec2Exception refused = new(Text(error, "Code") ?? ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture), Text(error, "Message") ?? "no message");
                if (!Busy.Contains(refused.Code) && (int)status < 500)
                {
                    throw refused;
                }

                problem = refused.Message;
            }
            catch (Exception error) when (error is HttpRequestException or XmlException or IOException
                || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                problem = error.Message;
            }

            if (left == 0)
            {
                throw new UnavailableException($"EC2 in {options.Region}", problem);
            }

            await Task.Delay(pause, time, cancellation);
        }
    }

    private async Task<(HttpStatusCode Status, XElement Answer)> SendAsync(byte[] body, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, options.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/x-www-form-urlencoded") { CharSet = "utf-8" };
        AwsKeys known = await keys(cancellation);
        SignatureV4.Sign(request, body, known, options.Region, "ec2", time.GetUtcNow());
        using HttpResponseMessage response = await _http.SendAsync(request, cancellation);
        using XmlReader reader = XmlReader.Create(
            await response.Content.ReadAsStreamAsync(cancellation), new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return (response.StatusCode, await XElement.LoadAsync(reader, LoadOptions.None, cancellation));
    }

    private static XElement? Child(XElement? parent, string name) => parent?.Elements().FirstOrDefault(e => e.Name.LocalName == name);

    private static string? Text(XElement? parent, string name) => Child(parent, name)?.Value.Trim() is { Length: > 0 } text ? text : null;
}
