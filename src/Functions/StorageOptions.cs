using Azure.Core;
using Azure.Identity;
using Azure.Storage.Queues;
using HpoServerless.Adapters.Telemetry;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Functions;

/// <summary>A storage account, in the form that triggers read as well: one connection string, or addresses and an identity.</summary>
/// <remarks>
/// <para>Configuration section <c>HpoStorage</c>. It has a plain name of its own, because what scales the app reads the trigger's connection from the settings by its name.</para>
/// <para>As identity: <c>HpoStorage__accountName</c>, or <c>tableServiceUri</c>, <c>blobServiceUri</c> and <c>queueServiceUri</c>;
/// with <c>credential = managedidentity</c> the app's identity is used, and <c>clientId</c> chooses a user-assigned one.</para>
/// </remarks>
public sealed record StorageOptions
{
    /// <summary>Name of the configuration section, and of the connection that triggers use.</summary>
    public const string Section = "HpoStorage";

    internal const string ManagedIdentity = "managedidentity";

    /// <summary>Connection string; null where an identity is used.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Address of the table service.</summary>
    public Uri? Tables { get; init; }

    /// <summary>Address of the blob service.</summary>
    public Uri? Blobs { get; init; }

    /// <summary>Address of the queue service.</summary>
    public Uri? Queues { get; init; }

    /// <summary>Who the app is, where it is not a developer's machine; null: whoever is signed in.</summary>
    public string? Credential { get; init; }

    /// <summary>Client id of a user-assigned identity.</summary>
    public string? ClientId { get; init; }

    /// <summary>Says what it is, not what it holds.</summary>
    public override string ToString() => nameof(StorageOptions);

    /// <summary>Signs requests where no connection string does.</summary>
    public TokenCredential CreateCredential() => Credential is null
        ? new DefaultAzureCredential()
        : new ManagedIdentityCredential(ClientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);

    /// <summary>Reaches the queues.</summary>
    /// <param name="encoding">The queue trigger expects base64.</param>
    /// <param name="logger">Hears where they throttle; null: nobody does.</param>
    public QueueServiceClient CreateQueues(QueueMessageEncoding encoding, ILogger? logger = null)
    {
        QueueClientOptions options = new() { MessageEncoding = encoding };
        options.AddPolicy(new ThrottleWatch("queue storage", logger ?? NullLogger.Instance), HttpPipelinePosition.PerRetry);
        return ConnectionString is { } connection ? new(connection, options) : new(Queues!, CreateCredential(), options);
    }

    internal static StorageOptions? Read(SettingReader reader, List<Fault> faults)
    {
        if (!reader.Has(Section))
        {
            return null;
        }

        string? connection = reader.Text(ServiceSettings.Storage) ?? reader.Text(ServiceSettings.StorageConnection);
        string? account = reader.Checked(ServiceSettings.StorageAccount);
        return new()
        {
            ConnectionString = connection,
            Tables = connection is null ? Address(ServiceSettings.StorageTables, "table") : null,
            Blobs = connection is null ? Address(ServiceSettings.StorageBlobs, "blob") : null,
            Queues = connection is null ? Address(ServiceSettings.StorageQueues, "queue") : null,
            Credential = reader.Checked(ServiceSettings.StorageCredential),
            ClientId = reader.Text(ServiceSettings.StorageClientId),
        };

        Uri? Address(Setting setting, string service)
        {
            if (reader.Text(setting) is null && account is null)
            {
                faults.Add(new(setting.Key, null, "is missing; give it, or accountName, or a connection string"));
                return null;
            }

            return reader.Address(setting) ?? (account is null ? null : new($"https://{account}.{service}.core.windows.net/"));
        }
    }
}
