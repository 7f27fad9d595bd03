using System.Net.Sockets;
using Azure.Data.Tables;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class AzuriteServerTests
{
    [Fact]
    public async Task Location_nextServerAtTheSamePorts_goesOn()
    {
        DirectoryInfo location = Directory.CreateTempSubdirectory("azurite");
        try
        {
            AzuritePorts ports;
            string connectionString;
            await using (AzuriteServer first = await AzuriteServer.StartAsync(location.FullName))
            {
                (ports, connectionString) = (first.Ports, first.ConnectionString);
                TableClient table = new(connectionString, "kept");
                await table.CreateIfNotExistsAsync();
                await table.AddEntityAsync(new TableEntity("p", "r") { ["X"] = 1.0 });
            }

            await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(ports.Table));
            await using AzuriteServer second = await AzuriteServer.StartAsync(location.FullName, ports);
            Assert.Equal(connectionString, second.ConnectionString);
            TableEntity stored = await new TableClient(connectionString, "kept").GetEntityAsync<TableEntity>("p", "r");
            Assert.Equal(1.0, stored.GetDouble("X"));
        }
        finally
        {
            location.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Start_takenPort_saysSo()
    {
        await using AzuriteServer first = await AzuriteServer.StartAsync();
        InvalidOperationException failure =
            await Assert.ThrowsAsync<InvalidOperationException>(() => AzuriteServer.StartAsync(ports: first.Ports));
        Assert.IsType<EndOfStreamException>(failure.InnerException);
    }

    private static async Task ConnectAsync(int port)
    {
        using TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", port);
    }
}
