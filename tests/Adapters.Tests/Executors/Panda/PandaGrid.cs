using HpoServerless.Adapters.Executors.Panda;
using HpoServerless.Contracts.Panda;

namespace HpoServerless.Adapters.Tests.Executors.Panda;

/// <summary>The options of a site at a double, with short times.</summary>
internal static class PandaGrid
{
    public static PandaOptions Options(PandaDouble grid) => new()
    {
        Account = "alice",
        Connection = new() { Api = grid.Api, Cache = grid.Api, Handler = grid.CreateHandler(), FirstPause = TimeSpan.FromMilliseconds(1) },
        Cores = 1,
        MaxTrials = 2,
        PollEvery = TimeSpan.FromMilliseconds(50),
        MetadataFor = TimeSpan.FromMilliseconds(200),
        UnknownFor = TimeSpan.FromMilliseconds(200),
        PauseGrace = TimeSpan.FromSeconds(2),
    };
}
