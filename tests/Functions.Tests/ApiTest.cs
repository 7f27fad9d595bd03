namespace HpoServerless.Functions.Tests;

/// <summary>A test with a service of its own.</summary>
public abstract class ApiTest : IAsyncLifetime
{
    internal ApiHost Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await ApiHost.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
