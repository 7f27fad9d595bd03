using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>The program as a server on a storage account.</summary>
internal static class HpoServer
{
    public static HpoProcess Serve(Workplace work, int port, string storage) =>
        HpoProcess.Start(work.Folder, "serve", "--port", port.ToString(CultureInfo.InvariantCulture), "--storage", storage, "--data", work.Data);

    /// <summary>Waits until a server listens.</summary>
    /// <returns>Its address.</returns>
    public static async Task<string> AddressAsync(HpoProcess server)
    {
        const string Start = "listening on ";
        string? line = await server.FirstLineAsync();
        if (line?.StartsWith(Start, StringComparison.Ordinal) == true)
        {
            return line[Start.Length..];
        }

        Assert.Fail($"the server did not start: {(await server.EndAsync()).Error}");
        return string.Empty;
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
