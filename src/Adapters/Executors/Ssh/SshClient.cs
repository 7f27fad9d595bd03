using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>One connection to a node, which all commands there share, by means of the OpenSSH client.</summary>
/// <remarks>Never asks for anything: who is not let in by a key is not let in. What commands are told that others must not see goes through their input.</remarks>
internal sealed class SshClient(SshOptions options, SshNode node, ISshAddresses addresses, string socketFolder, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The exit code with which the client itself fails; commands are kept from using it.</summary>
    public const int BrokenCode = 255;

    private const int WordsLimit = 1000;

    private static readonly TimeSpan LoginTime = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _connecting = new(1);
    private readonly SshCommandLine _calls = new(options, node);
    private Process? _master;
    private string _socket = string.Empty;
    private int _connections;
    private SshNode? _at;

    /// <summary>Whether there is a connection.</summary>
    public bool IsConnected => _master is { HasExited: false };

    /// <summary>Connects, where there is no connection.</summary>
    /// <returns>Whether there was none.</returns>
    /// <exception cref="UnavailableException">The node cannot be reached, is not the one it was, or lets nobody in.</exception>
    public async Task<bool> ConnectAsync(CancellationToken cancellation)
    {
        await _connecting.WaitAsync(cancellation);
        try
        {
            if (IsConnected)
            {
                return false;
            }

            _master?.Dispose();
            _master = null;
            _at = await addresses.FindAsync(node, cancellation);
            _socket = Path.Join(socketFolder, string.Create(CultureInfo.InvariantCulture, $"{_connections++}"));
            Process master = Run(SshCommandLine.Guarded(CommandLine(["-o", "ControlMaster=yes", "-N"], command: null)));
            Task<string> words = WordsAsync(master, cancellation);
            _ = master.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            try
            {
                using CancellationTokenSource late = new(options.ConnectTimeout + LoginTime, time);
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
                while (!File.Exists(_socket))
                {
                    if (master.HasExited)
                    {
                        throw Unavailable(await words);
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(20), either.Token);
                }
            }
            catch (Exception error)
            {
                Kill(master);
                master.Dispose();
                cancellation.ThrowIfCancellationRequested();
                throw error is OperationCanceledException ? Unavailable("it does not answer in time", error) : error;
            }

            _master = master;
            return true;
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Gives up the connection.</summary>
    /// <param name="isUnused">Asked at the last moment.</param>
    public async Task DisconnectAsync(Func<bool> isUnused)
    {
        await _connecting.WaitAsync();
        try
        {
            if (_master is { } master && isUnused())
            {
                _master = null;
                Kill(master);
                master.Dispose();
            }
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>How to start a command on the node, with its pipes.</summary>
    public ProcessStartInfo Start(string command) => CommandLine(["-o", "ControlMaster=no"], command);

    /// <summary>Runs a command on the node to its end.</summary>
    /// <param name="command">For the POSIX shell.</param>
    /// <param name="input">Writes its input; null for none.</param>
    /// <param name="output">Takes its output; null where nobody wants it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UnavailableException">The connection breaks, or the command fails; the message has its last line.</exception>
    public async Task RunAsync(string command, Func<Stream, Task>? input, Stream? output, CancellationToken cancellation)
    {
        if (!IsConnected)
        {
            throw Unavailable("the connection broke");
        }

        using Process process = Run(CommandLine(["-o", "ControlMaster=no"], ShellText.Posix(command)));
        try
        {
            Task<string> words = WordsAsync(process, cancellation);
            Task told = WriteAsync(process, input);
            await process.StandardOutput.BaseStream.CopyToAsync(output ?? Stream.Null, cancellation);
            await process.WaitForExitAsync(cancellation);
            await told;
            if (process.ExitCode != 0)
            {
                throw Unavailable(await words is { Length: > 0 } said ? said : string.Create(CultureInfo.InvariantCulture, $"a command failed with code {process.ExitCode}"));
            }
        }
        catch
        {
            Kill(process);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_master is { } master)
        {
            Kill(master);
            master.Dispose();
            _master = null;
        }

        _connecting.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The error that says of this node what is wrong.</summary>
    public UnavailableException Unavailable(string detail, Exception? error = null) => new($"the node {node.Name} of site {options.Site}", detail, error);

    private ProcessStartInfo CommandLine(ReadOnlySpan<string> mode, string? command) => _calls.Of(_socket, _at ?? node, mode, command);

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true); // a proxy command, too
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    private static async Task WriteAsync(Process process, Func<Stream, Task>? input)
    {
        try
        {
            if (input is not null)
            {
                await input(process.StandardInput.BaseStream);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command has ended; its exit code says why.
        }
    }

    private static async Task<string> WordsAsync(Process process, CancellationToken cancellation)
    {
        string last = string.Empty;
        try
        {
            while (await process.StandardError.ReadLineAsync(cancellation) is { } line)
            {
                last = string.IsNullOrWhiteSpace(line) ? last : line.Trim();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It was ended while it spoke.
        }

        return last.Length <= WordsLimit ? last : last[..WordsLimit];
    }

    private Process Run(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (string name in start.Environment.Keys.Where(PythonWorker.IsSecret).ToArray())
        {
            start.Environment.Remove(name);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw Unavailable($"the OpenSSH client '{options.Client}' does not start here ({error.Message})", error);
        }
    }
}
