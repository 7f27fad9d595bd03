using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HpoServerless.Contracts.Ssh;

/// <summary>A real SSH server on the loopback address, with keys and a configuration of its own, for the user who runs the tests.</summary>
public sealed class SshServer : IAsyncDisposable
{
    private static readonly string Program = new[] { "/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd" }.FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("the OpenSSH server is missing: install the package openssh-server");

    private Process? _process;

    private SshServer(string folder, int port) => (Folder, Port) = (folder, port);

    /// <summary>Folder of the server; also what nodes are given to keep their things in.</summary>
    public string Folder { get; }

    public int Port { get; }

    public string KeyFile => Path.Join(Folder, "user_key");

    public string KnownHosts => Path.Join(Folder, "known_hosts");

    public string RemoteFolder => Path.Join(Folder, "remote");

    public static async Task<SshServer> StartAsync()
    {
        SshServer server = new(Directory.CreateTempSubdirectory("hpo-sshd-").FullName, FreePort());
        await MakeKeyAsync(Path.Join(server.Folder, "host_key"));
        await MakeKeyAsync(server.KeyFile);
        File.Copy($"{server.KeyFile}.pub", Path.Join(server.Folder, "authorized_keys"));
        await server.KnowAsync(Path.Join(server.Folder, "host_key.pub"));
        if (Environment.UserName == "root")
        {
            Directory.CreateDirectory("/run/sshd");
        }

        await File.WriteAllTextAsync(Path.Join(server.Folder, "sshd_config"), string.Create(CultureInfo.InvariantCulture, $"""
            Port {server.Port}
            ListenAddress 127.0.0.1
            HostKey {server.Folder}/host_key
            AuthorizedKeysFile {server.Folder}/authorized_keys
            PidFile none
            StrictModes no
            MaxStartups 100
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin yes

            """));
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts the server, again after <see cref="StopAsync"/>.</summary>
    public async Task RunAsync()
    {
        _process = Process.Start(new ProcessStartInfo(Program, ["-D", "-e", "-f", Path.Join(Folder, "sshd_config")]) { RedirectStandardError = true })!;
        _ = _process.StandardError.ReadToEndAsync();
        while (!await AnswersAsync())
        {
            Assert.False(_process.HasExited, "the SSH server does not start");
            await Task.Delay(20);
        }
    }

    /// <summary>Stops taking connections, and breaks those there are.</summary>
    public async Task StopAsync()
    {
        int[] sessions = Sessions();
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
        Array.ForEach(sessions, KillOne);
    }

    /// <summary>Breaks all connections there are.</summary>
    public void BreakConnections() => Array.ForEach(Sessions(), KillOne);

    /// <summary>Writes which key the server is known by.</summary>
    public async Task KnowAsync(string publicKey)
    {
        string key = await File.ReadAllTextAsync(publicKey);
        await File.WriteAllTextAsync(KnownHosts, string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{Port} {key}"));
    }

    /// <summary>Makes a key pair.</summary>
    public static async Task MakeKeyAsync(string path)
    {
        using Process process = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>A server that another process runs.</summary>
    public static SshServer Of(string folder, int port) => new(folder, port);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void KillOne(int process)
    {
        try
        {
            using Process session = Process.GetProcessById(process);
            session.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    private int[] Sessions() =>
    [
        .. File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process!.Id}/task/{_process.Id}/children"))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
