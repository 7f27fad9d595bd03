using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace HpoServerless.Contracts.Azurite;

/// <summary>A storage emulator of one's own. Disposing it stops the process; so does the end of this process, however it ends.</summary>
public sealed partial class AzuriteServer : IAsyncDisposable
{
    /// <summary>Account and key of every emulator, the same for everybody.</summary>
    public const string AccountName = "devstoreaccount1";

    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // Standard input is the leash: it ends when this process closes it or dies, and the emulator with it.
    // The shell lets go of the output, so that its end means that the emulator has ended.
    private const string Watchdog =
        """
        "$@" </dev/null &
        emulator=$!
        exec >/dev/null 2>&1
        cat
        kill -TERM $emulator
        (sleep 5; kill -KILL $emulator) &
        last=$!
        wait $emulator
        kill $last
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly Process _process;

    private AzuriteServer(Process process, AzuritePorts ports)
    {
        _process = process;
        Ports = ports;
    }

    /// <summary>Ports it listens at.</summary>
    public AzuritePorts Ports { get; }

    /// <summary>Connection string with explicit endpoints for all three services.</summary>
    public string ConnectionString => ConnectionStringOf(Ports);

    /// <summary>Connection string of services that may belong to several emulators.</summary>
    public static string ConnectionStringOf(AzuritePorts ports) =>
        $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={AccountKey};"
        + $"BlobEndpoint={Endpoint(ports.Blob)};QueueEndpoint={Endpoint(ports.Queue)};TableEndpoint={Endpoint(ports.Table)};";

    /// <summary>Starts an emulator and waits until all three services listen.</summary>
    /// <param name="location">Folder to keep the data in, so that another emulator can go on with it; null keeps it in memory.</param>
    /// <param name="ports">Ports to listen at, for a restart that must answer at the same addresses; null takes free ones.</param>
    /// <exception cref="InvalidOperationException">The emulator is not installed, or did not start.</exception>
    public static async Task<AzuriteServer> StartAsync(string? location = null, AzuritePorts? ports = null)
    {
        Process process = Launch(FindScript(), location, ports ?? AzuritePorts.Free);
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(StartLimit);
        try
        {
            return new(process, await ReadPortsAsync(process, limit.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException)
        {
            await StopAsync(process);
            throw new InvalidOperationException($"Azurite did not start within {StartLimit.TotalSeconds} s: {(await complaints).Trim()}", e);
        }
    }

    /// <summary>Processor time that it took so far; zero where the system does not say (it is the child of the process that was started).</summary>
    public TimeSpan ProcessorTime()
    {
        string children = string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/task/{_process.Id}/children");
        return File.Exists(children) && File.ReadAllText(children).Split(' ') is [var first, ..] && int.TryParse(first, CultureInfo.InvariantCulture, out int id)
            ? Process.GetProcessById(id).TotalProcessorTime
            : TimeSpan.Zero;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(StopAsync(_process));

    private static string Endpoint(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/{AccountName}");

    private static string FindScript()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "HpoServerless.sln")))
        {
            root = root.Parent;
        }

        string script = Path.Combine(root?.FullName ?? ".", "tests", "azurite", "node_modules", "azurite", "dist", "src", "azurite.js");
        return File.Exists(script)
            ? script
            : throw new InvalidOperationException($"Azurite is not installed at {script}: run ./test.sh once, or npm ci in tests/azurite.");
    }

    private static Process Launch(string script, string? location, AzuritePorts ports)
    {
        ProcessStartInfo start = new("sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] data = location is null ? ["--inMemoryPersistence"] : ["--location", location];
        string[] arguments =
        [
            "-c", Watchdog, "azurite",
            "node", script, .. data, "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            "--blobPort", Number(ports.Blob), "--queuePort", Number(ports.Queue), "--tablePort", Number(ports.Table),
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task<AzuritePorts> ReadPortsAsync(Process process, CancellationToken limit)
    {
        Dictionary<string, int> found = new(StringComparer.Ordinal);
        while (found.Count < 3)
        {
            string line = await process.StandardOutput.ReadLineAsync(limit) ?? throw new EndOfStreamException("it ended");
            Match match = Listening().Match(line);
            if (match.Success)
            {
                found[match.Groups["service"].Value] = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
            }
        }

        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None); // a full pipe would block it
        return new(found["Blob"], found["Queue"], found["Table"]);
    }

    private static async Task StopAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            using CancellationTokenSource limit = new(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<service>Blob|Queue|Table) service is successfully listening at http://127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex Listening();
}
