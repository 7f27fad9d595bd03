using Azure.Core;
using Azure.Identity;
using Azure.Storage.Queues;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

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
    public QueueServiceClient CreateQueues(QueueMessageEncoding encoding)
    {
        QueueClientOptions options = new() { MessageEncoding = encoding };
        return ConnectionString is { } connection ? new(connection, options) : new(Queues!, CreateCredential(), options);
    }

    internal static StorageOptions? Read(IConfigurationSection section, List<Fault> faults)
    {
        if (section.Value is { Length: > 0 } connection)
        {
            return new() { ConnectionString = connection };
        }

        if (!section.GetChildren().Any())
        {
            return null;
        }

        string? credential = section["credential"];
        if (credential is not (null or "managedidentity"))
        {
            faults.Add(new($"{section.Path}:credential", credential, "must be managedidentity or be left out"));
        }

        return new()
        {
            ConnectionString = section["connectionString"],
            Tables = Address(section, "table", faults),
            Blobs = Address(section, "blob", faults),
            Queues = Address(section, "queue", faults),
            Credential = credential,
            ClientId = section["clientId"],
        };
    }

    private static Uri? Address(IConfigurationSection section, string service, List<Fault> faults)
    {
        if (section["connectionString"] is not null)
        {
            return null;
        }

        string key = $"{service}ServiceUri";
        string? text = section[key] ?? (section["accountName"] is { } account ? $"https://{account}.{service}.core.windows.net/" : null);
        if (text is null)
        {
            faults.Add(new($"{section.Path}:{key}", null, "is missing; give it, or accountName, or a connection string"));
        }
        else if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "https" or "http")
        {
            return address;
        }
        else
        {
            faults.Add(new($"{section.Path}:{key}", text, "must be an http address"));
        }

        return null;
    }
}
