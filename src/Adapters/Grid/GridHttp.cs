using HpoServerless.Adapters.Grid.Panda;

namespace HpoServerless.Adapters.Grid;

/// <summary>Reaches services around the grid that need no sign-in, and those that want a proxy shown.</summary>
public static class GridHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A client that trusts the grid's authorities, and shows the proxy where there is one that is valid.</summary>
    public static HttpClient Create(PandaConnection connection, TimeProvider time)
    {
        HttpMessageHandler handler;
        try
        {
            handler = PandaHandler.Create(connection, time);
        }
        catch (PandaException)
        {
            handler = PandaHandler.Create(connection with { Auth = PandaAuth.Oidc }, time);
        }

        return new(handler) { Timeout = Patience };
    }
}
