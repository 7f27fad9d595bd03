using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>One node: what the host keeps there, and the way to it.</summary>
/// <remarks>In its folder are <c>harness/</c>, <c>scripts/</c> and <c>launch/</c>, each by its content, <c>experiments/</c> with the trials, and <c>kept/</c> with workers that run without a connection.</remarks>
internal sealed class SshMachine(SshOptions options, SshNode node, ISshAddresses addresses, string harnessPath, string socketFolder, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Takes a file from its input, and puts it in its place when it is whole.</summary>
    private const string PutScript = """
        import hashlib, os, sys
        path, size, digest = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        seen, length = hashlib.sha256(), 0
        with open(path + ".part", "wb") as file:
            for part in iter(lambda: sys.stdin.buffer.read(1 << 20), b""):
                seen.update(part)
                length += len(part)
                file.write(part)
        if length != size or seen.hexdigest() != digest:
            sys.exit("%d bytes arrived instead of %d, or their SHA-256 differs" % (length, size))
        os.replace(path + ".part", path)
        """;

    private const string FailedMark = "hpo: code ";
    private const string DiskFailed = $"{FailedMark}74";

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private readonly SshClient _client = new(options, node, addresses, socketFolder, time);
    private readonly SemaphoreSlim _furnishing = new(1);
    private readonly ConcurrentDictionary<string, string> _contents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _overwritten = [];
    private string _root = string.Empty;
    private int _visitors;
    private int _leaving;

    /// <summary>How messages name it.</summary>
    public string Name => node.Name;

    /// <summary>The way to it.</summary>
    public SshClient Client => _client;

    /// <summary>Segments that have a place there. Guarded by who hands the places out.</summary>
    public int Used { get; set; }

    /// <summary>Until when it is left alone, because it could not be reached.</summary>
    public DateTimeOffset RestsUntil { get; set; }

    /// <summary>The host's folder there; known once it was furnished.</summary>
    public string Root => _root;

    /// <summary>What it was furnished with; null where it was not.</summary>
    public Furniture? Furniture { get; private set; }

    /// <summary>Where scripts are that were unpacked here; known once the node was furnished with them.</summary>
    public string ScriptsAt(string scripts) => $"{_root}/scripts/{_contents[scripts]}";

    /// <summary>Connects, and carries what a worker needs and the node does not have.</summary>
    /// <param name="scripts">Folder of the scripts on this machine; null for none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Where it is there.</returns>
    /// <exception cref="UnavailableException">The node cannot be reached, or its disk fails.</exception>
    public async Task<Furniture> FurnishAsync(string? scripts, CancellationToken cancellation)
    {
        string harness = await ContentAsync(harnessPath, cancellation);
        string? content = scripts is null ? null : await ContentAsync(scripts, cancellation);
        await _furnishing.WaitAsync(cancellation);
        try
        {
            if (await _client.ConnectAsync(cancellation) || _root.Length == 0)
            {
                string folder = options.Folder.StartsWith("~/", StringComparison.Ordinal) ? options.Folder[2..] : options.Folder;
                string quoted = ShellText.Quote(folder);
                _root = await AskAsync($"umask 077; mkdir -p -- {quoted} && cd -- {quoted} && mkdir -p harness scripts launch experiments kept && pwd -P", cancellation);
            }

            string launcher = Launcher($"{_root}/harness/{harness}");
            string launch = $"launch/{Fingerprint.Of(launcher, 32)}.sh";
            string[] wanted = [$"harness/{harness}", launch, .. content is null ? Array.Empty<string>() : [$"scripts/{content}"]];
            string missing = await AskAsync(
                $"cd -- {ShellText.Quote(_root)} && for f in {string.Join(' ', wanted)}; do test -e \"$f\" || printf '%s ' \"$f\"; done; echo", cancellation);
            HashSet<string> absent = [.. missing.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
            if (absent.Contains(wanted[0]))
            {
                await PutFolderAsync(harnessPath, wanted[0], cancellation);
            }

            if (absent.Contains(launch))
            {
                await PutAsync(launch, Encoding.UTF8.GetBytes(launcher), cancellation);
            }

            if (content is not null && (absent.Contains(wanted[2]) || (options.Overwrite && !_overwritten.Contains(content))))
            {
                await PutFolderAsync(scripts!, wanted[2], cancellation);
                _overwritten.Add(content);
            }

            return Furniture = new($"{_root}/harness/{harness}", $"{_root}/{launch}");
        }
        finally
        {
            _furnishing.Release();
        }
    }

    /// <summary>Carries a file there.</summary>
    /// <param name="here">The file.</param>
    /// <param name="there">Absolute path on the node.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UnavailableException">It did not arrive whole.</exception>
    public async Task PutFileAsync(string here, string there, CancellationToken cancellation)
    {
        await using FileStream file = new(here, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        string digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
        file.Position = 0;
        string size = file.Length.ToString(CultureInfo.InvariantCulture);
        await _client.RunAsync(
            $"exec {ShellText.Quote(options.Python)} -c {ShellText.Quote(PutScript)} {ShellText.Quote(there)} {size} {digest}",
            stream => file.CopyToAsync(stream, cancellation),
            output: null,
            cancellation);
    }

    /// <summary>Does something over a connection that is there for as long as somebody needs it, and a little longer.</summary>
    /// <exception cref="UnavailableException">The node cannot be reached.</exception>
    public async Task<T> VisitAsync<T>(Func<Task<T>> action, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _visitors);
        try
        {
            await _client.ConnectAsync(cancellation);
            return await action();
        }
        finally
        {
            if (Interlocked.Decrement(ref _visitors) == 0 && options.AsyncRun)
            {
                _ = LeaveAsync(Interlocked.Increment(ref _leaving));
            }
        }
    }

    /// <summary>Starts a worker that needs no connection.</summary>
    /// <param name="harness">Where the harness is.</param>
    /// <param name="request">A line of JSON.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Why it does not start; null where it does.</returns>
    /// <exception cref="UnavailableException">The connection breaks, or the disk fails.</exception>
    public async Task<string?> KeepAsync(string harness, ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        using MemoryStream output = new();
        await _client.RunAsync(
            $"{Harness(harness, "keep")} 2>&1; code=$?; [ $code -eq 0 ] || echo \"{FailedMark}$code\"",
            async stream => await stream.WriteAsync(request, cancellation),
            output,
            cancellation);
        string[] lines = Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.LastOrDefault() is not { } last || !last.StartsWith(FailedMark, StringComparison.Ordinal))
        {
            return null;
        }

        string words = lines.Length > 1 ? lines[^2] : $"code {last[FailedMark.Length..]}";
        return last == DiskFailed ? throw _client.Unavailable(words) : words;
    }

    /// <summary>Visits a worker that needs no connection.</summary>
    /// <param name="harness">Where the harness is.</param>
    /// <param name="request">A line of JSON.</param>
    /// <param name="lines">What follows it.</param>
    /// <param name="output">Takes the answer.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UnavailableException">The connection breaks, or it fails.</exception>
    public Task VisitAsync(string harness, ReadOnlyMemory<byte> request, ReadOnlyMemory<byte> lines, Stream output, CancellationToken cancellation) =>
        _client.RunAsync(
            Harness(harness, "visit"),
            async stream =>
            {
                await stream.WriteAsync(request, cancellation);
                await stream.WriteAsync(lines, cancellation);
            },
            output,
            cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _furnishing.Dispose();
        return _client.DisposeAsync();
    }

    private string Harness(string harness, string mode) =>
        $"cd -- {ShellText.Quote(_root)} && umask 077 && PYTHONPATH={ShellText.Quote(harness)}${{PYTHONPATH:+:$PYTHONPATH}} {ShellText.Quote(options.Python)} -m hpo_trial {mode}";

    private async Task LeaveAsync(int leaving)
    {
        try
        {
            await Task.Delay(Linger, time);
            await _client.DisconnectAsync(() => Volatile.Read(ref _visitors) == 0 && Volatile.Read(ref _leaving) == leaving);
        }
        catch (ObjectDisposedException)
        {
            // The host has ended.
        }
    }

    private async Task<string> ContentAsync(string folder, CancellationToken cancellation)
    {
        if (!_contents.TryGetValue(folder, out string? name))
        {
            _contents[folder] = name = await FolderContent.NameAsync(folder, cancellation);
        }

        return name;
    }

    /// <summary>The last line that a command prints: a shell's start-up files may print others.</summary>
    private async Task<string> AskAsync(string command, CancellationToken cancellation)
    {
        using MemoryStream answer = new();
        await _client.RunAsync(command, input: null, answer, cancellation);
        string[] lines = Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length).TrimEnd('\n').Split('\n');
        return lines[^1].Trim();
    }

    private Task PutFolderAsync(string here, string there, CancellationToken cancellation)
    {
        string part = $"{there}.{Guid.NewGuid():N}";
        return _client.RunAsync(
            $"umask 077; cd -- {ShellText.Quote(_root)} && mkdir -p {part} && if tar -xf - -C {part}; then rm -rf {there}; mv {part} {there}; else rm -rf {part}; exit 1; fi",
            stream => FolderContent.WriteAsync(here, stream, cancellation),
            output: null,
            cancellation);
    }

    private Task PutAsync(string there, byte[] content, CancellationToken cancellation)
    {
        string part = $"{there}.{Guid.NewGuid():N}";
        return _client.RunAsync(
            $"umask 077; cd -- {ShellText.Quote(_root)} && cat > {part} && mv {part} {there}",
            async stream => await stream.WriteAsync(content, cancellation),
            output: null,
            cancellation);
    }

    /// <summary>What starts a worker. A file, because a command line is for all eyes.</summary>
    private string Launcher(string harness)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"cd -- {ShellText.Quote(_root)} || exit 71\n");
        text.Append(CultureInfo.InvariantCulture, $"PYTHONPATH={ShellText.Quote(harness)}${{PYTHONPATH:+:$PYTHONPATH}}\nexport PYTHONPATH\n");
        foreach ((string name, string value) in options.Env)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}={ShellText.Quote(value)}\nexport {name}\n");
        }

        if (options.Prescript is { } before)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\n{before}\n}} </dev/null >&2 || {{ echo 'the prescript failed' >&2; exit 72; }}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{ShellText.Quote(options.Python)} -m hpo_trial worker\ncode=$?\n");
        if (options.Postscript is { } after)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\n{after}\n}} </dev/null >&2\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"[ $code -ne {SshClient.BrokenCode} ] || code=1\nexit $code\n");
        return text.ToString();
    }
}
