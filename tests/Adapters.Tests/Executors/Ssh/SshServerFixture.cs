using HpoServerless.Contracts.Ssh;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>One SSH server for all tests of a class.</summary>
public sealed class SshServerFixture : IAsyncLifetime
{
    internal SshServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await SshServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
