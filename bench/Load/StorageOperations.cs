using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Bench.Load;

/// <summary>Counts the requests that this process sends to a storage account, by what they are for.</summary>
internal sealed partial class StorageOperations : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly HashSet<int> _ports;
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly ConcurrentQueue<IDisposable> _subscriptions = new();
    private readonly int _queuePort;

    public StorageOperations(AzuriteServer storage)
    {
        _ports = [storage.Ports.Blob, storage.Ports.Queue, storage.Ports.Table];
        _queuePort = storage.Ports.Queue;
        _subscriptions.Enqueue(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public int Total => _counts.Values.Sum();

    public IEnumerable<KeyValuePair<string, int>> ByPurpose => _counts.OrderByDescending(static one => one.Value);

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "HttpHandlerDiagnosticListener")
        {
            _subscriptions.Enqueue(value.Subscribe(this));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == "System.Net.Http.HttpRequestOut.Start"
            && value.Value?.GetType().GetProperty("Request")?.GetValue(value.Value) is HttpRequestMessage { RequestUri: { } address } request
            && _ports.Contains(address.Port))
        {
            _counts.AddOrUpdate(PurposeOf(request, address), 1, static (_, count) => count + 1);
        }
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }

    public void Dispose()
    {
        foreach (IDisposable subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }

    private string PurposeOf(HttpRequestMessage request, Uri address)
    {
        string text = Uri.UnescapeDataString(address.PathAndQuery);
        return address.Port == _queuePort ? (request.Method.Method, text.Contains("popreceipt", StringComparison.Ordinal)) switch
        {
            ("POST", _) => "sends a message to a trial",
            ("GET", _) => "looks for messages",
            ("DELETE", true) => "removes a message that was carried out",
            _ => $"queue: {request.Method} {address.AbsolutePath}",
        }
            : text.EndsWith("$batch", StringComparison.Ordinal) || (request.Method == HttpMethod.Post && text.EndsWith("inbox", StringComparison.Ordinal)) ? KindOf(request)
            : request.Method != HttpMethod.Get ? $"{request.Method} {Numbers().Replace(address.AbsolutePath, "N")}"
            : text.Contains("RowKey='trial-", StringComparison.Ordinal) ? "reads a trial"
            : text.Contains("RowKey='head'", StringComparison.Ordinal) ? "reads an experiment"
            : text.Contains("inbox()", StringComparison.Ordinal) ? "reads the inbox"
            : text.Contains("RowKey ge 'turn-", StringComparison.Ordinal) ? "reads turns"
            : $"GET {Numbers().Replace(address.AbsolutePath, "N")}";
    }

    /// <summary>Whether a transaction posts an event or commits a turn.</summary>
    private static string KindOf(HttpRequestMessage request)
    {
        string body = request.Content?.ReadAsStringAsync().GetAwaiter().GetResult() ?? string.Empty;
        return body.Contains("\"Summary", StringComparison.Ordinal) ? "commits a turn" : Kind().Match(body) is { Success: true } kind ? kind.Groups[1].Value switch
        {
            "TrialReported" => "posts reports",
            "SegmentEnded" => "posts outcomes",
            string other => $"posts {other}",
        }
        : body.Contains("DELETE ", StringComparison.Ordinal) ? "removes folded events" : "transaction";
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"""Kind"":""(\w+)""")]
    private static partial Regex Kind();
}
