using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Contracts.Ssh;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>Sites of a real SSH server.</summary>
internal static class SshSites
{
    public static SshOptions Site(this SshServer server, string name = "machines", int slots = 2) => new()
    {
        Site = name,
        Nodes = [server.Node()],
        KnownHosts = server.KnownHosts,
        Folder = Path.Join(server.RemoteFolder, name),
        Python = Environment.GetEnvironmentVariable("HPO_PYTHON") is { Length: > 0 } named ? named : "python3",
        Slots = slots,
        StopGrace = TimeSpan.FromSeconds(1),
        PauseGrace = TimeSpan.FromSeconds(1),
        ReconnectWait = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>A site of this server whose programs run without a connection.</summary>
    public static SshOptions AsyncSite(this SshServer server, string name = "machines", int slots = 2) => server.Site(name, slots) with
    {
        AsyncRun = true,
        AsyncReconnect = TimeSpan.FromMilliseconds(100),
        MaxRetries = 10,
    };

    public static SshNode Node(this SshServer server) => new(Environment.UserName, "127.0.0.1", server.Port, server.KeyFile);
}
