using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using HpoServerless.Adapters.Stores.Versions;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Stores in Azure Tables and Blobs, or in Azurite. Any number of processes and threads may use the same data.</summary>
/// <remarks>
/// <para>Table <c>{prefix}experiments</c>: one partition an experiment. <c>{prefix}inbox</c>: events that wait. <c>{prefix}index</c>: their order. <c>{prefix}rows</c>: what processes change together. <c>{prefix}audit</c>: who did what. Container <c>{prefix}-values</c>: snapshots and values too large for a row.
/// Containers <c>{prefix}-projects</c> and <c>{prefix}-artifacts</c>: one blob a project and a file.</para>
/// <para>Rights needed: Storage Table Data Contributor and Storage Blob Data Contributor.</para>
/// </remarks>
public static class AzureStores
{
    /// <summary>Opens the stores of an account by its connection string; tables and containers that are missing are created.</summary>
    /// <exception cref="InvalidInputException">The connection string cannot be read, or options are out of range.</exception>
    /// <exception cref="UnavailableException">The account does not answer, refuses access, or is still deleting a table of the same name.</exception>
    /// <exception cref="DataVersionException">A newer program wrote the data.</exception>
    public static Task<StoreSet> CreateAsync(string connectionString, AzureStoreOptions options, CancellationToken cancellation)
    {
        options.Check();
        try
        {
            return OpenAsync(
                new TableServiceClient(connectionString, AzureClients.Tables(options)),
                new BlobServiceClient(connectionString, AzureClients.Blobs(options)),
                options,
                cancellation);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Its text stays out of the message: it holds the key.
            throw new InvalidInputException(new Fault("connectionString", null, "must be a connection string of an Azure Storage account with tables and blobs"));
        }
    }

    /// <summary>Opens the stores of an account by identity; tables and containers that are missing are created.</summary>
    /// <param name="tables">Table endpoint of the account.</param>
    /// <param name="blobs">Blob endpoint of the account.</param>
    /// <param name="credential">Who asks.</param>
    /// <param name="options">Names and patience.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="InvalidInputException">Options are out of range.</exception>
    /// <exception cref="UnavailableException">The account does not answer, refuses access, or is still deleting a table of the same name.</exception>
    /// <exception cref="DataVersionException">A newer program wrote the data.</exception>
    public static Task<StoreSet> CreateAsync(Uri tables, Uri blobs, TokenCredential credential, AzureStoreOptions options, CancellationToken cancellation)
    {
        options.Check();
        return OpenAsync(
            new TableServiceClient(tables, credential, AzureClients.Tables(options)),
            new BlobServiceClient(blobs, credential, AzureClients.Blobs(options)),
            options,
            cancellation);
    }

    private static async Task<StoreSet> OpenAsync(TableServiceClient tables, BlobServiceClient blobs, AzureStoreOptions options, CancellationToken cancellation)
    {
        StorageCalls tableCalls = new("table storage", options.CallTimeout);
        StorageCalls blobCalls = new("blob storage", options.CallTimeout);
        StorageCreation creation = new(options);
        string[] containers = ["values", "projects", "artifacts"];
        await Task.WhenAll(
        [
            creation.TableAsync(tables, $"{options.Prefix}experiments", tableCalls, cancellation),
            creation.TableAsync(tables, $"{options.Prefix}inbox", tableCalls, cancellation),
            creation.TableAsync(tables, $"{options.Prefix}index", tableCalls, cancellation),
            creation.TableAsync(tables, $"{options.Prefix}rows", tableCalls, cancellation),
            creation.TableAsync(tables, $"{options.Prefix}audit", tableCalls, cancellation),
            .. containers.Select(name => creation.ContainerAsync(blobs, $"{options.Prefix}-{name}", blobCalls, cancellation)),
        ]);

        TableGateway Table(string name) => new(tables.GetTableClient(options.Prefix + name), tableCalls);
        BlobGateway Container(string name) => new(blobs.GetBlobContainerClient($"{options.Prefix}-{name}"), blobCalls);

        AzureRowStore rows = new(Table("rows"));
        await new DataUpgrade(rows, $"storage '{options.Prefix}'", DataVersion.Current, [], TimeProvider.System, options.Logger).RunAsync(cancellation);
        TableGateway experiments = Table("experiments");
        ValueStore values = new(Container("values"));
        Heads heads = new(experiments, values);
        AzureInbox inbox = new(Table("inbox"), heads, values);
        return new(
            new AzureExperimentStore(experiments, new ExperimentIndex(Table("index")), inbox, heads, values),
            inbox,
            new AzureTurnStore(experiments, inbox, heads, values),
            new AzureTrialStore(experiments, values),
            new AzureProjectStore(Container("projects")),
            new AzureArtifactStore(Container("artifacts")),
            rows,
            new AzureAuditStore(Table("audit")));
    }
}
