using System.Globalization;
using System.Text;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>A transaction on the wire: a multipart body with one change set, and the answer to it.</summary>
internal sealed class Transaction(TableConnection connection, string table)
{
    private readonly string _batch = $"batch_{Guid.NewGuid()}";
    private readonly string _changes = $"changeset_{Guid.NewGuid()}";

    public string ContentType => $"multipart/mixed; boundary={_batch}";

    public byte[] Write(IEnumerable<TableTransactionAction> actions)
    {
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"--{_batch}\r\nContent-Type: multipart/mixed; boundary={_changes}\r\n\r\n");
        foreach (TableTransactionAction action in actions)
        {
            body.Append(CultureInfo.InvariantCulture, $"--{_changes}\r\n");
            body.Append("Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
            Write(body, action);
        }

        body.Append(CultureInfo.InvariantCulture, $"--{_changes}--\r\n--{_batch}--\r\n");
        return Encoding.UTF8.GetBytes(body.ToString());
    }

    /// <summary>The answers in the order of the actions, or a single one when an action failed.</summary>
    public static List<Response> Read(Response response)
    {
        string body = response.Content.ToString();
        const string Marker = "boundary=";
        int start = body.IndexOf(Marker, StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            throw new RequestFailedException(response);
        }

        start += Marker.Length;
        string boundary = body[start..body.IndexOf('\n', start)].Trim().Trim('"');
        return [.. body.Split($"--{boundary}").Skip(1).Where(static part => !part.StartsWith("--", StringComparison.Ordinal)).Select(Answer)];

        Response Answer(string part) => ReadAnswer(part, response.ClientRequestId);
    }

    private void Write(StringBuilder body, TableTransactionAction action)
    {
        ITableEntity entity = action.Entity;
        bool adds = action.ActionType == TableTransactionActionType.Add;
        string address = connection.Address(adds ? table : TableClient.EntityPath(table, entity.PartitionKey, entity.RowKey));
        body.Append(CultureInfo.InvariantCulture, $"{Verb(action.ActionType)} {address} HTTP/1.1\r\n");
        body.Append("Accept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0\r\n");
        if (action.ActionType is TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpdateReplace or TableTransactionActionType.Delete)
        {
            string condition = (action.ETag == default ? ETag.All : action.ETag).ToString("H");
            body.Append(CultureInfo.InvariantCulture, $"If-Match: {condition}\r\n");
        }

        if (action.ActionType == TableTransactionActionType.Delete)
        {
            body.Append("\r\n");
            return;
        }

        if (adds)
        {
            body.Append("Prefer: return-no-content\r\n");
        }

        body.Append("Content-Type: application/json;odata=nometadata\r\n\r\n");
        body.Append(Encoding.UTF8.GetString(EntityJson.Write(EntityBinder.ToProperties(entity)))).Append("\r\n");
    }

    private static string Verb(TableTransactionActionType type) => type switch
    {
        TableTransactionActionType.Add => "POST",
        TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpsertMerge => "PATCH",
        TableTransactionActionType.UpdateReplace or TableTransactionActionType.UpsertReplace => "PUT",
        TableTransactionActionType.Delete => "DELETE",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>One part: its own headers, an HTTP status line, the HTTP headers, an empty line and the body.</summary>
    private static MemoryResponse ReadAnswer(string part, string clientRequestId)
    {
        using StringReader reader = new(part[part.IndexOf("HTTP/1.1", StringComparison.Ordinal)..]);
        string[] status = reader.ReadLine().Split(' ', 3);
        List<HttpHeader> headers = [];
        for (string line = reader.ReadLine(); !string.IsNullOrEmpty(line); line = reader.ReadLine())
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(new HttpHeader(line[..colon].Trim(), line[(colon + 1)..].Trim()));
        }

        byte[] content = Encoding.UTF8.GetBytes(reader.ReadToEnd().TrimEnd());
        return new(int.Parse(status[1], CultureInfo.InvariantCulture), status.Length > 2 ? status[2] : "", clientRequestId, headers, content);
    }
}
