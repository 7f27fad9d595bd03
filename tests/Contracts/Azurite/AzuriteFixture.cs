namespace HpoServerless.Contracts.Azurite;

/// <summary>One emulator for all tests that share this fixture, started when the first of them asks.</summary>
/// <remarks>
/// Meant as an assembly fixture (<c>[assembly: AssemblyFixture(typeof(AzuriteFixture))]</c>), so that test classes share the emulator and still run side by side;
/// it serves as a class or collection fixture too. Tests keep apart by names of their own.
/// </remarks>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AzuriteServer>> _server = new(static () => AzuriteServer.StartAsync());

    /// <summary>The emulator, running.</summary>
    /// <exception cref="InvalidOperationException">The emulator is not installed, or did not start.</exception>
    public Task<AzuriteServer> StartAsync() => _server.Value;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated && _server.Value.IsCompletedSuccessfully)
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
