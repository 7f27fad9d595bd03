using Azure.Core.Extensions;
using Azure.Data.Tables;

namespace Microsoft.Extensions.Azure;

public static class TableClientBuilderExtensions
{
    public static IAzureClientBuilder<TableServiceClient, TableClientOptions> AddTableServiceClient<TBuilder>(
        this TBuilder builder,
        string connectionString)
        where TBuilder : IAzureClientFactoryBuilder =>
        builder.RegisterClientFactory<TableServiceClient, TableClientOptions>(options => new TableServiceClient(connectionString, options));

    public static IAzureClientBuilder<TableServiceClient, TableClientOptions> AddTableServiceClient<TBuilder>(
        this TBuilder builder,
        Uri serviceUri)
        where TBuilder : IAzureClientFactoryBuilderWithCredential =>
        builder.RegisterClientFactory<TableServiceClient, TableClientOptions>(
            (options, credential) => new TableServiceClient(serviceUri, credential, options));

    public static IAzureClientBuilder<TableServiceClient, TableClientOptions> AddTableServiceClient<TBuilder>(
        this TBuilder builder,
        Uri serviceUri,
        TableSharedKeyCredential sharedKeyCredential)
        where TBuilder : IAzureClientFactoryBuilder =>
        builder.RegisterClientFactory<TableServiceClient, TableClientOptions>(
            options => new TableServiceClient(serviceUri, sharedKeyCredential, options));
}
