using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

public class TableServiceClient
{
    internal const string TokenScope = "https://storage.azure.com/.default";

    private static readonly string[] Continuations = ["x-ms-continuation-NextTableName"];

    private readonly TableConnection _connection;

    public TableServiceClient(string connectionString)
        : this(connectionString, null)
    {
    }

    public TableServiceClient(string connectionString, TableClientOptions options = null)
    {
        (Uri endpoint, HttpPipelinePolicy authentication) = ConnectionString.Read(connectionString);
        _connection = new(endpoint, authentication, options);
    }

    public TableServiceClient(Uri endpoint, TableClientOptions options = null) => _connection = new(endpoint, null, options);

    public TableServiceClient(Uri endpoint, AzureSasCredential credential)
        : this(endpoint, credential, null)
    {
    }

    public TableServiceClient(Uri endpoint, AzureSasCredential credential, TableClientOptions options = null)
    {
        ArgumentNullException.ThrowIfNull(credential);
        _connection = new(endpoint, new SasPolicy(credential), options);
    }

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential)
        : this(endpoint, credential, null)
    {
    }

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(credential);
        _connection = new(endpoint, new SharedKeyPolicy(credential), options);
    }

    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions options = null) =>
        _connection = new(endpoint, new BearerTokenAuthenticationPolicy(tokenCredential, TokenScope), options);

    protected TableServiceClient()
    {
    }

    public virtual string AccountName => _connection.AccountName;

    public virtual Uri Uri => _connection.Endpoint;

    public static string CreateQueryFilter(FormattableString filter) => ODataFilter.Create(filter);

    public virtual TableClient GetTableClient(string tableName) => new(_connection, tableName);

    public virtual Task<Response<TableItem>> CreateTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        CreateAsync(_connection, tableName, mayExist: false, cancellationToken);

    public virtual Task<Response<TableItem>> CreateTableIfNotExistsAsync(string tableName, CancellationToken cancellationToken = default) =>
        CreateAsync(_connection, tableName, mayExist: true, cancellationToken);

    public virtual Task<Response> DeleteTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        DeleteAsync(_connection, tableName, cancellationToken);

    public virtual AsyncPageable<TableItem> QueryAsync(
        string filter = null,
        int? maxPerPage = null,
        CancellationToken cancellationToken = default) =>
        new Pages<TableItem>(
            (continuation, size, cancellation) => _connection.QueryAsync(
                "Tables",
                [("$filter", filter), ("$top", TableConnection.Number(size)), ("NextTableName", continuation)],
                Continuations,
                static row => new TableItem(row.GetProperty("TableName").GetString()),
                cancellation),
            maxPerPage,
            cancellationToken);

    public virtual AsyncPageable<TableItem> QueryAsync(
        FormattableString filter,
        int? maxPerPage = null,
        CancellationToken cancellationToken = default) =>
        QueryAsync(ODataFilter.Create(filter), maxPerPage, cancellationToken);

    internal static async Task<Response<TableItem>> CreateAsync(
        TableConnection connection,
        string tableName,
        bool mayExist,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        RequestContext context = new() { CancellationToken = cancellationToken };
        context.AddClassifier(409, isError: !mayExist);
        HttpMessage message = connection.CreateMessage(RequestMethod.Post, "Tables", context);
        message.Request.Headers.SetValue("Content-Type", "application/json;odata=nometadata");
        message.Request.Headers.SetValue("Prefer", "return-no-content");
        message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(new { TableName = tableName }));
        Response response = await connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (response.Status == 409)
        {
            RequestFailedException failure = new(response);
            if (failure.ErrorCode != TableErrorCode.TableAlreadyExists)
            {
                throw failure;
            }
        }

        return Response.FromValue(new TableItem(tableName), response);
    }

    internal static async Task<Response> DeleteAsync(TableConnection connection, string tableName, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        RequestContext context = new() { CancellationToken = cancellationToken };
        context.AddClassifier(404, isError: false);
        string path = $"Tables('{System.Uri.EscapeDataString(tableName)}')";
        return await connection.SendAsync(connection.CreateMessage(RequestMethod.Delete, path, context), cancellationToken).ConfigureAwait(false);
    }
}
