using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Contracts.Panda;

namespace HpoServerless.Adapters.Tests.Grid.Panda;

/// <summary>Connections to the double of a server.</summary>
internal static class PandaConnections
{
    public static PandaConnection Connection(this PandaDouble grid) => new()
    {
        Api = grid.Api,
        Cache = grid.Api,
        Auth = PandaAuth.X509,
        Handler = grid.CreateHandler(),
        Retries = 4,
        FirstPause = TimeSpan.FromMilliseconds(1),
    };
}
