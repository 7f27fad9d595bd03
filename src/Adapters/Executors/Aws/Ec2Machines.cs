using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>Starts instances that are needed, says where they are, and stops those that were used.</summary>
/// <param name="options">The site's.</param>
/// <param name="client">Speaks with EC2.</param>
/// <param name="folder">Notes which instances were used, so that the next host knows.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears what is started and stopped.</param>
internal sealed class Ec2Machines(AwsOptions options, Ec2Client client, string folder, TimeProvider time, ILogger logger) : ISshAddresses, IDisposable
{
    private const int DefaultPort = 22;

    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, bool> _allowed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _stopping = new(1);

    /// <summary>Brings a node up, and says where it is.</summary>
    /// <exception cref="UnavailableException">It cannot be had, or not in time.</exception>
    public async Task<SshNode> FindAsync(SshNode node, CancellationToken cancellation)
    {
        if (!AwsOptions.IsInstance(node))
        {
            return node;
        }

        await _stopping.WaitAsync(cancellation);
        try
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Join(folder, node.Host), [], cancellation);
        }
        finally
        {
            _stopping.Release();
        }

        try
        {
            DateTimeOffset latest = time.GetUtcNow() + options.StartTimeout;
            SshNode found = await RunAsync(node, latest, cancellation);
            await AnswersAsync(node, found, latest, cancellation);
            return found;
        }
        catch (Ec2Exception error)
        {
            throw Unavailable(node.Host, Explain(error), error);
        }
    }

    /// <summary>Stops all instances that were used. What cannot be stopped is noted, and tried with the next experiment that ends.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await _stopping.WaitAsync(cancellation);
        try
        {
            foreach (string path in Directory.Exists(folder) ? Directory.GetFiles(folder) : [])
            {
                string id = Path.GetFileName(path);
                try
                {
                    await client.StopAsync(id, dryRun: false, cancellation);
                    File.Delete(path);
                    AwsLog.Stopped(logger, id);
                }
                catch (Exception error) when (error is Ec2Exception or UnavailableException)
                {
                    AwsLog.StopMissed(logger, id, error);
                }
            }
        }
        finally
        {
            _stopping.Release();
        }
    }

    public void Dispose()
    {
        client.Dispose();
        _stopping.Dispose();
    }

    private async Task<SshNode> RunAsync(SshNode node, DateTimeOffset latest, CancellationToken cancellation)
    {
        while (true)
        {
            Ec2Instance instance = await client.DescribeAsync(node.Host, cancellation);
            switch (instance.State)
            {
                case "running" when (options.PrivateAddress ? instance.PrivateAddress : instance.PublicAddress) is { } address:
                    return node with { Host = address, Alias = node.Host };
                case "running":
                    throw Unavailable(node.Host, $"it has no {(options.PrivateAddress ? "private" : "public")} address; private_address says which is used");
                case "terminated" or "shutting-down":
                    throw Unavailable(node.Host, $"it is {instance.State}");
                case "stopped":
                    await CheckAsync(node.Host, cancellation);
                    await StartAsync(node.Host, cancellation);
                    break;
            }

            if (time.GetUtcNow() >= latest)
            {
                throw Unavailable(node.Host, string.Create(CultureInfo.InvariantCulture, $"it is still {instance.State} after {options.StartTimeout.TotalSeconds:0.###} s"));
            }

            await Task.Delay(options.PollEvery, time, cancellation);
        }
    }

    private async Task StartAsync(string id, CancellationToken cancellation)
    {
        try
        {
            await client.StartAsync(id, dryRun: false, cancellation);
            AwsLog.Started(logger, id);
        }
        catch (Ec2Exception error) when (error.Code is "IncorrectState" or "IncorrectInstanceState")
        {
            AwsLog.NotYet(logger, id, error); // it stops, or starts, just now
        }
    }

    /// <summary>Asks whether it may be started, and stopped where that is wanted, before anything is done.</summary>
    private async Task CheckAsync(string id, CancellationToken cancellation)
    {
        if (_allowed.ContainsKey(id))
        {
            return;
        }

        await TryAsync(() => client.StartAsync(id, dryRun: true, cancellation));
        if (options.StopAfter)
        {
            await TryAsync(() => client.StopAsync(id, dryRun: true, cancellation));
        }

        _allowed[id] = true;
    }

    private static async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Ec2Exception error) when (error.Code is Ec2Client.WouldSucceed or "IncorrectState" or "IncorrectInstanceState")
        {
            // It may be done.
        }
    }

    /// <summary>Waits until something answers at the port of SSH. Behind a jump host nothing does, so in the end the client is to say what is wrong.</summary>
    private async Task AnswersAsync(SshNode node, SshNode found, DateTimeOffset latest, CancellationToken cancellation)
    {
        while (time.GetUtcNow() < latest)
        {
            using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            late.CancelAfter(Glance);
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync(found.Host, found.Port ?? DefaultPort, late.Token);
                return;
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(options.PollEvery, time, cancellation);
            }
        }

        throw Unavailable(node.Host, string.Create(CultureInfo.InvariantCulture, $"it runs, but nothing answers at port {found.Port ?? DefaultPort} within {options.StartTimeout.TotalSeconds:0.###} s"));
    }

    private string Explain(Ec2Exception error) => error.Code switch
    {
        "UnauthorizedOperation" =>
            $"the keys of AWS may not do that: they need ec2:DescribeInstances, ec2:StartInstances{(options.StopAfter ? " and ec2:StopInstances" : string.Empty)} ({error.Message})",
        "InvalidInstanceID.NotFound" or "InvalidInstanceID.Malformed" => $"there is no such instance in {options.Region} ({error.Message})",
        "AuthFailure" or "SignatureDoesNotMatch" or "InvalidClientTokenId" or "ExpiredToken" or "RequestExpired" => $"the keys of AWS are refused ({error.Message})",
        _ => error.Message,
    };

    private UnavailableException Unavailable(string id, string detail, Exception? error = null) => new($"the instance {id} of site {options.Ssh.Site}", detail, error);
}
