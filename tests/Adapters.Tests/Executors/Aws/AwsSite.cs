using System.Globalization;
using HpoServerless.Adapters.Executors.Aws;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Tests.Executors.Ssh;
using HpoServerless.Contracts.Aws;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Ssh;

namespace HpoServerless.Adapters.Tests.Executors.Aws;

/// <summary>The double of EC2 with one instance, which is a real SSH server while it runs, and executors that use it.</summary>
internal sealed class AwsSite : IAsyncDisposable
{
    public const string Id = "i-0123456789abcdef0";

    private readonly List<AwsExecutor> _executors = [];
    private readonly SshServer _server;

    private AwsSite(SshServer server, Ec2Double ec2, Ec2DoubleInstance instance) => (_server, Ec2, Instance) = (server, ec2, instance);

    public Ec2Double Ec2 { get; }

    public Ec2DoubleInstance Instance { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hpo-aws-").FullName;

    public static async Task<AwsSite> CreateAsync()
    {
        SshServer server = await SshServer.StartAsync();
        string key = await File.ReadAllTextAsync(Path.Join(server.Folder, "host_key.pub"));
        await File.WriteAllTextAsync(server.KnownHosts, $"{Id} {key}"); // known by the instance's id: its address changes
        await server.StopAsync();
        Ec2DoubleInstance instance = new() { Id = Id, Boot = server.RunAsync, Halt = server.StopAsync };
        Ec2Double ec2 = await Ec2Double.StartAsync();
        ec2.Add(instance);
        return new(server, ec2, instance);
    }

    public AwsOptions Options(string name = "cloud")
    {
        SshOptions ssh = _server.Site(name) with { MaxRetries = 2 };
        return new()
        {
            Ssh = ssh with { Nodes = [_server.Node() with { Host = Id }] },
            Region = Ec2Double.Region,
            Endpoint = Ec2.Endpoint,
            StartTimeout = TimeSpan.FromSeconds(30),
            PollEvery = TimeSpan.FromMilliseconds(50),
            FirstPause = TimeSpan.FromMilliseconds(5),
        };
    }

    /// <summary>A new executor, as after a restart of the host.</summary>
    public AwsExecutor Start(RecordedEvents events, MemoryArtifacts artifacts, Func<AwsOptions, AwsOptions>? change = null, string? secret = null)
    {
        AwsOptions options = Options(string.Create(CultureInfo.InvariantCulture, $"cloud-{_executors.Count}"));
        AwsKeys keys = new(Ec2Double.KeyId, secret ?? Ec2Double.Secret, Ec2.SessionToken);
        _executors.Add(new(change?.Invoke(options) ?? options, Folder, events, artifacts, _ => Task.FromResult(keys)));
        return _executors[^1];
    }

    /// <summary>Ends the executors; the instance stays as it is.</summary>
    public async Task EndExecutorsAsync()
    {
        foreach (AwsExecutor executor in _executors)
        {
            await executor.DisposeAsync();
        }

        _executors.Clear();
        Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);
    }

    public async ValueTask DisposeAsync()
    {
        await EndExecutorsAsync();
        await Ec2.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
