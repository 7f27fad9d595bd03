using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

public class TableClient
{
    private static readonly string[] Continuations = ["x-ms-continuation-NextPartitionKey", "x-ms-continuation-NextRowKey"];

    private readonly TableConnection _connection;

    public TableClient(string connectionString, string tableName)
        : this(connectionString, tableName, null)
    {
    }

    public TableClient(string connectionString, string tableName, TableClientOptions options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        (Uri endpoint, HttpPipelinePolicy authentication) = ConnectionString.Read(connectionString);
        _connection = new(endpoint, authentication, options);
        Name = tableName;
    }

    public TableClient(Uri endpoint, TableClientOptions options = null)
    {
        (Uri account, Name) = SplitTableName(endpoint);
        _connection = new(account, null, options);
    }

    public TableClient(Uri endpoint, AzureSasCredential credential, TableClientOptions options = null)
    {
        ArgumentNullException.ThrowIfNull(credential);
        (Uri account, Name) = SplitTableName(endpoint);
        _connection = new(account, new SasPolicy(credential), options);
    }

    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential)
        : this(endpoint, tableName, credential, null)
    {
    }

    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential, TableClientOptions options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        ArgumentNullException.ThrowIfNull(credential);
        _connection = new(endpoint, new SharedKeyPolicy(credential), options);
        Name = tableName;
    }

    public TableClient(Uri endpoint, string tableName, TokenCredential tokenCredential, TableClientOptions options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        _connection = new(endpoint, new BearerTokenAuthenticationPolicy(tokenCredential, TableServiceClient.TokenScope), options);
        Name = tableName;
    }

    internal TableClient(TableConnection connection, string tableName)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        _connection = connection;
        Name = tableName;
    }

    protected TableClient()
    {
    }

    public virtual string Name { get; }

    public virtual string AccountName => _connection.AccountName;

    public virtual Uri Uri => new(_connection.Address(Name));

    public static string CreateQueryFilter(FormattableString filter) => ODataFilter.Create(filter);

    public virtual Task<Response<TableItem>> CreateAsync(CancellationToken cancellationToken = default) =>
        TableServiceClient.CreateAsync(_connection, Name, mayExist: false, cancellationToken);

    public virtual Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        TableServiceClient.CreateAsync(_connection, Name, mayExist: true, cancellationToken);

    public virtual Task<Response> DeleteAsync(CancellationToken cancellationToken = default) =>
        TableServiceClient.DeleteAsync(_connection, Name, cancellationToken);

    public virtual Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        CheckKeys(entity);
        HttpMessage message = CreateMessage(RequestMethod.Post, Name, cancellationToken);
        message.Request.Headers.SetValue("Prefer", "return-no-content");
        return SendEntityAsync(message, entity, cancellationToken);
    }

    public virtual Task<Response> UpsertEntityAsync<T>(
        T entity,
        TableUpdateMode mode = TableUpdateMode.Merge,
        CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        CheckKeys(entity);
        return SendEntityAsync(CreateUpdate(entity, mode, cancellationToken), entity, cancellationToken);
    }

    public virtual Task<Response> UpdateEntityAsync<T>(
        T entity,
        ETag ifMatch,
        TableUpdateMode mode = TableUpdateMode.Merge,
        CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        CheckKeys(entity);
        if (ifMatch == default)
        {
            throw new ArgumentException("An update needs the ETag it expects, or ETag.All.", nameof(ifMatch));
        }

        HttpMessage message = CreateUpdate(entity, mode, cancellationToken);
        message.Request.Headers.SetValue("If-Match", ifMatch.ToString("H"));
        return SendEntityAsync(message, entity, cancellationToken);
    }

    public virtual Task<Response> DeleteEntityAsync(
        ITableEntity entity,
        ETag ifMatch = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return DeleteEntityAsync(entity.PartitionKey, entity.RowKey, ifMatch, cancellationToken);
    }

    public virtual async Task<Response> DeleteEntityAsync(
        string partitionKey,
        string rowKey,
        ETag ifMatch = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        RequestContext context = MayBeMissing(cancellationToken);
        HttpMessage message = _connection.CreateMessage(RequestMethod.Delete, EntityPath(Name, partitionKey, rowKey), context);
        message.Request.Headers.SetValue("If-Match", (ifMatch == default ? ETag.All : ifMatch).ToString("H"));
        return await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    public virtual async Task<Response<T>> GetEntityAsync<T>(
        string partitionKey,
        string rowKey,
        IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        RequestContext context = new() { CancellationToken = cancellationToken };
        Response response = await GetAsync(partitionKey, rowKey, select, context).ConfigureAwait(false);
        return Response.FromValue(ReadEntity<T>(response), response);
    }

    public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey,
        string rowKey,
        IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        Response response = await GetAsync(partitionKey, rowKey, select, MayBeMissing(cancellationToken)).ConfigureAwait(false);
        return response.Status == 404 ? new NoValueResponse<T>(response) : Response.FromValue(ReadEntity<T>(response), response);
    }

    public virtual AsyncPageable<T> QueryAsync<T>(
        string filter = null,
        int? maxPerPage = null,
        IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        string columns = Columns(select);
        return new Pages<T>(FetchAsync, maxPerPage, cancellationToken);

        Task<Page<T>> FetchAsync(string continuation, int? size, CancellationToken cancellation)
        {
            string[] next = continuation?.Split(' ', 2) ?? [];
            return _connection.QueryAsync(
                $"{Name}()",
                [
                    ("$filter", filter),
                    ("$select", columns),
                    ("$top", TableConnection.Number(size)),
                    ("NextPartitionKey", next.ElementAtOrDefault(0)),
                    ("NextRowKey", next.ElementAtOrDefault(1)),
                ],
                Continuations,
                static row => EntityBinder.ToEntity<T>(EntityJson.Read(row)),
                cancellation);
        }
    }

    public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactionActions);
        TableTransactionAction[] actions = [.. transactionActions];
        if (actions.Length == 0)
        {
            throw new InvalidOperationException("A transaction needs at least one action.");
        }

        Transaction transaction = new(_connection, Name);
        HttpMessage message = CreateMessage(RequestMethod.Post, "$batch", cancellationToken);
        message.Request.Headers.SetValue("Content-Type", transaction.ContentType);
        message.Request.Content = RequestContent.Create(transaction.Write(actions));
        Response response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        List<Response> answers = Transaction.Read(response);
        return answers.Find(static answer => answer.IsError) is { } failed
            ? throw new TableTransactionFailedException(new RequestFailedException(failed, null, ErrorParser.Instance))
            : Response.FromValue<IReadOnlyList<Response>>(answers, response);
    }

    internal static string EntityPath(string table, string partitionKey, string rowKey) =>
        $"{table}(PartitionKey='{Escape(partitionKey)}',RowKey='{Escape(rowKey)}')";

    private static string Escape(string key) => System.Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    private static string Columns(IEnumerable<string> select) => select is null ? null : string.Join(',', select);

    private static void CheckKeys<T>(T entity)
        where T : ITableEntity
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(entity.PartitionKey);
        ArgumentNullException.ThrowIfNull(entity.RowKey);
    }

    private static RequestContext MayBeMissing(CancellationToken cancellationToken)
    {
        RequestContext context = new() { CancellationToken = cancellationToken };
        context.AddClassifier(404, isError: false);
        return context;
    }

    private static T ReadEntity<T>(Response response)
        where T : class, ITableEntity
    {
        using JsonDocument json = JsonDocument.Parse(response.Content);
        return EntityBinder.ToEntity<T>(EntityJson.Read(json.RootElement));
    }

    private static (Uri Account, string Table) SplitTableName(Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        string path = endpoint.AbsolutePath.TrimEnd('/');
        int slash = path.LastIndexOf('/');
        return (new UriBuilder(endpoint) { Path = path[..slash] }.Uri, path[(slash + 1)..]);
    }

    private HttpMessage CreateMessage(RequestMethod method, string path, CancellationToken cancellationToken) =>
        _connection.CreateMessage(method, path, new RequestContext { CancellationToken = cancellationToken });

    private HttpMessage CreateUpdate<T>(T entity, TableUpdateMode mode, CancellationToken cancellationToken)
        where T : ITableEntity =>
        CreateMessage(
            mode == TableUpdateMode.Replace ? RequestMethod.Put : RequestMethod.Patch,
            EntityPath(Name, entity.PartitionKey, entity.RowKey),
            cancellationToken);

    private Task<Response> SendEntityAsync<T>(HttpMessage message, T entity, CancellationToken cancellationToken)
        where T : ITableEntity
    {
        message.Request.Headers.SetValue("Content-Type", "application/json;odata=nometadata");
        message.Request.Content = RequestContent.Create(EntityJson.Write(EntityBinder.ToProperties(entity)));
        return _connection.SendAsync(message, cancellationToken);
    }

    private async Task<Response> GetAsync(string partitionKey, string rowKey, IEnumerable<string> select, RequestContext context)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        HttpMessage message = _connection.CreateMessage(RequestMethod.Get, EntityPath(Name, partitionKey, rowKey), context);
        if (Columns(select) is { Length: > 0 } columns)
        {
            message.Request.Uri.AppendQuery("$select", columns, escapeValue: true);
        }

        return await _connection.SendAsync(message, context.CancellationToken).ConfigureAwait(false);
    }
}
