using System.Globalization;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>An account's endpoint and the pipeline that reaches it; shared by the clients of its tables.</summary>
internal sealed class TableConnection
{
    private static readonly ResponseClassifier Classifier = new();

    private readonly HttpPipeline _pipeline;
    private readonly string _version;

    public TableConnection(Uri endpoint, HttpPipelinePolicy authentication, TableClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        options ??= new TableClientOptions();
        Endpoint = endpoint;
        _version = options.Version;
        HttpPipelineOptions pipeline = new(options) { RequestFailedDetailsParser = ErrorParser.Instance };
        if (authentication is not null)
        {
            pipeline.PerRetryPolicies.Add(authentication);
        }

        _pipeline = HttpPipelineBuilder.Build(pipeline);
    }

    public Uri Endpoint { get; }

    /// <summary>First label of the host, or first segment of the path where the host is an address or this machine.</summary>
    public string AccountName =>
        Endpoint.HostNameType == UriHostNameType.Dns && !Endpoint.IsLoopback
            ? Endpoint.Host.Split('.')[0]
            : Endpoint.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();

    /// <summary>Address of <paramref name="path"/>, which is escaped already, under the account.</summary>
    public string Address(string path)
    {
        string root = Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return path.Length == 0 ? root : $"{root}/{path}";
    }

    public HttpMessage CreateMessage(RequestMethod method, string path, RequestContext context)
    {
        HttpMessage message = _pipeline.CreateMessage(context, Classifier);
        Request request = message.Request;
        request.Method = method;
        request.Uri.Reset(new Uri(Address(path)));
        if (Endpoint.Query.Length > 1)
        {
            request.Uri.Query = Endpoint.Query;
        }

        request.Headers.SetValue("x-ms-version", _version);
        request.Headers.SetValue("DataServiceVersion", "3.0");
        request.Headers.SetValue("Accept", "application/json;odata=minimalmetadata");
        return message;
    }

    /// <summary>Sends and returns the answer when the context does not call it an error.</summary>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return message.Response.IsError ? throw new RequestFailedException(message.Response) : message.Response;
    }

    /// <summary>Sends a query for one page and reads its rows.</summary>
    /// <param name="path">Escaped path of the collection.</param>
    /// <param name="parameters">Query parameters; those without a value are left out.</param>
    /// <param name="continuations">Headers of the answer that carry the continuation, joined by a space.</param>
    public async Task<Page<T>> QueryAsync<T>(
        string path,
        IEnumerable<(string Name, string Value)> parameters,
        string[] continuations,
        Func<JsonElement, T> read,
        CancellationToken cancellationToken)
    {
        HttpMessage message = CreateMessage(RequestMethod.Get, path, new RequestContext { CancellationToken = cancellationToken });
        foreach ((string name, string value) in parameters)
        {
            if (value is not null)
            {
                message.Request.Uri.AppendQuery(name, value, escapeValue: true);
            }
        }

        Response response = await SendAsync(message, cancellationToken).ConfigureAwait(false);
        using JsonDocument json = JsonDocument.Parse(response.Content);
        T[] rows = [.. json.RootElement.GetProperty("value").EnumerateArray().Select(read)];
        string[] next =
        [
            .. continuations
                .Select(header => response.Headers.TryGetValue(header, out string value) ? value : null)
                .TakeWhile(static value => value is not null),
        ];
        return Page<T>.FromValues(rows, next.Length == 0 ? null : string.Join(' ', next), response);
    }

    public static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);
}
