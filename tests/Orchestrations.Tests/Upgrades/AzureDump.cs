using System.Globalization;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>Tables and containers of a store as JSON, and back.</summary>
internal static class AzureDump
{
    private static readonly string[] Tables = ["experiments", "inbox", "index", "rows", "audit"];
    private static readonly string[] Containers = ["values", "projects", "artifacts"];

    public static async Task<JsonObject> TakeAsync(string connectionString, string prefix)
    {
        JsonObject dump = [];
        foreach (string name in Tables)
        {
            JsonArray rows = [];
            await foreach (TableEntity row in new TableServiceClient(connectionString).GetTableClient(prefix + name).QueryAsync<TableEntity>((string?)null))
            {
                JsonObject columns = [];
                foreach ((string column, object value) in row.Where(cell => cell.Key is not ("odata.etag" or "PartitionKey" or "RowKey" or "Timestamp")).OrderBy(cell => cell.Key, StringComparer.Ordinal))
                {
                    columns.Add(column, Cell(value));
                }

                rows.Add(new JsonObject { ["partition"] = row.PartitionKey, ["row"] = row.RowKey, ["columns"] = columns });
            }

            dump.Add($"table {name}", rows);
        }

        foreach (string name in Containers)
        {
            JsonObject blobs = [];
            BlobContainerClient container = new BlobServiceClient(connectionString).GetBlobContainerClient($"{prefix}-{name}");
            await foreach (BlobItem blob in container.GetBlobsAsync())
            {
                BlobDownloadResult content = await container.GetBlobClient(blob.Name).DownloadContentAsync();
                blobs.Add(blob.Name, Convert.ToBase64String(content.Content.ToArray()));
            }

            dump.Add($"container {name}", blobs);
        }

        return dump;
    }

    public static async Task LoadAsync(JsonObject dump, string connectionString, string prefix)
    {
        foreach ((string name, JsonNode? content) in dump)
        {
            string[] what = name.Split(' ');
            if (what[0] == "table")
            {
                TableClient table = new TableServiceClient(connectionString).GetTableClient(prefix + what[1]);
                await table.CreateIfNotExistsAsync();
                foreach (JsonNode? row in content!.AsArray())
                {
                    TableEntity entity = new((string)row!["partition"]!, (string)row["row"]!);
                    foreach ((string column, JsonNode? cell) in row["columns"]!.AsObject())
                    {
                        entity[column] = Value(cell!);
                    }

                    await table.UpsertEntityAsync(entity, TableUpdateMode.Replace);
                }
            }
            else
            {
                BlobContainerClient container = new BlobServiceClient(connectionString).GetBlobContainerClient($"{prefix}-{what[1]}");
                await container.CreateIfNotExistsAsync();
                foreach ((string blob, JsonNode? bytes) in content!.AsObject())
                {
                    await container.GetBlobClient(blob).UploadAsync(new BinaryData(Convert.FromBase64String((string)bytes!)), overwrite: true);
                }
            }
        }
    }

    private static JsonObject Cell(object value) => value switch
    {
        string text => new() { ["text"] = text },
        int number => new() { ["int"] = number },
        long number => new() { ["long"] = number },
        double number => new() { ["double"] = number },
        bool flag => new() { ["bool"] = flag },
        DateTimeOffset time => new() { ["time"] = time.ToString("O", CultureInfo.InvariantCulture) },
        byte[] bytes => new() { ["bytes"] = Convert.ToBase64String(bytes) },
        BinaryData bytes => new() { ["bytes"] = Convert.ToBase64String(bytes.ToArray()) },
        _ => throw new NotSupportedException($"{value.GetType()} is no type of a column"),
    };

    private static object Value(JsonNode cell)
    {
        (string type, JsonNode? value) = cell.AsObject().Single();
        return type switch
        {
            "text" => (string)value!,
            "int" => (int)value!,
            "long" => (long)value!,
            "double" => (double)value!,
            "bool" => (bool)value!,
            "time" => DateTimeOffset.ParseExact((string)value!, "O", CultureInfo.InvariantCulture),
            "bytes" => Convert.FromBase64String((string)value!),
            _ => throw new NotSupportedException($"{type} is no type of a column"),
        };
    }
}
