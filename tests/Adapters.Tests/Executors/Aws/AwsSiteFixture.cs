namespace HpoServerless.Adapters.Tests.Executors.Aws;

/// <summary>One instance for all tests of a class.</summary>
public sealed class AwsSiteFixture : IAsyncLifetime
{
    internal AwsSite Site { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Site = await AwsSite.CreateAsync();

    public ValueTask DisposeAsync() => Site.DisposeAsync();
}
