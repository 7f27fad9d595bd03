using System.Security.Cryptography;
using System.Text.Json;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>The folder of a kept worker on its node, which the host visits.</summary>
internal sealed class DetachedFolder(SshMachine machine, string name) : IDisposable
{
    private const int LogPart = 1 << 20;
    private const int LogOverlap = 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<string> _obsolete = [];
    private readonly SemaphoreSlim _visiting = new(1);

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Where it is.</summary>
    public string Path => $"{machine.Root}/kept/{name}";

    /// <summary>The trial's log on the node, and its copy on this machine with the place where it begins there; null where nobody wants it.</summary>
    public (string There, string Here, long From)? Log { get; set; }

    /// <summary>A file on the node that can go at the next visit.</summary>
    public void Drop(string path)
    {
        lock (_obsolete)
        {
            _obsolete.Add(path);
        }
    }

    /// <summary>Visits it.</summary>
    /// <exception cref="Engine.Errors.UnavailableException">The node cannot be reached, or something fails there.</exception>
    /// <exception cref="IOException">The log cannot be written on this machine.</exception>
    public async Task<VisitAnswer> VisitAsync(Func<VisitRequest, VisitRequest> change, ReadOnlyMemory<byte> lines, CancellationToken cancellation)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await _visiting.WaitAsync(cancellation);
        late.CancelAfter(Patience);
        try
        {
            return await machine.VisitAsync(() => SendAsync(change, lines, late.Token), late.Token);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw machine.Client.Unavailable("it does not answer in time", error);
        }
        finally
        {
            _visiting.Release();
        }
    }

    /// <summary>Brings what the log got since.</summary>
    /// <exception cref="Engine.Errors.UnavailableException">The node cannot be reached, or something fails there.</exception>
    /// <exception cref="IOException">The log cannot be written on this machine.</exception>
    public async Task FollowLogAsync(CancellationToken cancellation)
    {
        while ((await VisitAsync(request => request with { OutboxAt = 0 }, default, cancellation)).MoreLog)
        {
            // The next part.
        }
    }

    /// <summary>Ends the worker where it still runs, and removes what is left of it on the node.</summary>
    /// <param name="files">Further files and folders to remove.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="kill">Whether it is ended; otherwise what it does after its segment goes on.</param>
    /// <exception cref="Engine.Errors.UnavailableException">The node cannot be reached, or something fails there.</exception>
    public async Task RemoveAsync(IReadOnlyList<string> files, CancellationToken cancellation, bool kill = true) =>
        _ = await VisitAsync(request => request with { Log = null, Remove = [.. request.Remove, .. files], Kill = kill, Forget = true }, default, cancellation);

    public void Dispose() => _visiting.Dispose();

    private async Task<VisitAnswer> SendAsync(Func<VisitRequest, VisitRequest> change, ReadOnlyMemory<byte> lines, CancellationToken cancellation)
    {
        Furniture furniture = machine.Furniture ?? await machine.FurnishAsync(scripts: null, cancellation);
        string[] obsolete;
        lock (_obsolete)
        {
            obsolete = [.. _obsolete];
        }

        VisitRequest request = change(new VisitRequest(Path) { Bytes = lines.Length, Remove = obsolete, Log = await KnownLogAsync(cancellation) });
        using MemoryStream output = new();
        await machine.VisitAsync(furniture.Harness, request.ToLine(), lines, output, cancellation);
        VisitAnswer answer;
        try
        {
            answer = VisitAnswer.Parse(output.GetBuffer().AsMemory(0, (int)output.Length));
        }
        catch (JsonException error)
        {
            throw machine.Client.Unavailable(error.Message, error);
        }

        lock (_obsolete)
        {
            _obsolete.RemoveRange(0, obsolete.Length);
        }

        if (Log is { } log && request.Log is { } known && !answer.Missing && (answer.Log > 0 || answer.LogAt < known.At))
        {
            await using FileStream file = new(log.Here, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
            file.SetLength(log.From + answer.LogAt);
            file.Position = file.Length;
            await file.WriteAsync(answer.Logged, cancellation);
        }

        return answer;
    }

    private async Task<VisitLog?> KnownLogAsync(CancellationToken cancellation)
    {
        if (Log is not { } log)
        {
            return null;
        }

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(log.Here)!);
        await using FileStream file = new(log.Here, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
        long known = Math.Max(0, file.Length - log.From);
        byte[] end = new byte[Math.Min(known, LogOverlap)];
        file.Position = file.Length - end.Length;
        await file.ReadExactlyAsync(end, cancellation);
        return new(log.There, known, Convert.ToHexStringLower(SHA256.HashData(end)), LogPart);
    }
}
