using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Grid.Panda;

/// <summary>What the environment says about the server and about who asks it.</summary>
public sealed class PandaConnectionTests
{
    [Fact]
    public void A_way_to_say_who_asks_that_is_none_and_a_password_in_an_address_are_refused()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal) { ["PANDA_AUTH"] = "bogus", ["PANDA_API_URL_SSL"] = "https://alice:secret@panda.example/api/v1" };
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => PandaConnection.FromEnvironment(variables.GetValueOrDefault));
        Assert.Equal(["PANDA_API_URL_SSL", "PANDA_AUTH"], error.Faults.Select(fault => fault.Path));
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(PandaAuth.X509, PandaConnection.FromEnvironment(name => name == "PANDA_AUTH" ? "x509_no_grid" : null).Auth);
    }

    [Fact]
    public void The_environment_says_what_it_says_to_PanDAs_own_client()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["PANDA_URL_SSL"] = "https://panda.example:8443/server/panda",
            ["PANDACACHE_URL"] = "https://cache.example/server/panda",
            ["PANDA_AUTH"] = "oidc",
            ["PANDA_AUTH_VO"] = "atlas:production",
            ["OIDC_AUTH_ID_TOKEN"] = "secret",
            ["X509_USER_PROXY"] = "/proxy",
        };
        PandaConnection connection = PandaConnection.FromEnvironment(variables.GetValueOrDefault);
        Assert.Equal("https://panda.example:8443/api/v1", connection.Api.AbsoluteUri);
        Assert.Equal("https://cache.example/api/v1", connection.Cache.AbsoluteUri);
        Assert.Equal((PandaAuth.Oidc, "atlas:production", "secret", "/proxy"), (connection.Auth, connection.Vo, connection.IdToken, connection.Proxy));
        Assert.DoesNotContain("secret", connection.ToString(), StringComparison.Ordinal);

        variables["PANDA_API_URL_SSL"] = "https://panda.example/api/v1/";
        Assert.Equal("https://panda.example/api/v1", PandaConnection.FromEnvironment(variables.GetValueOrDefault).Api.AbsoluteUri);
        variables["PANDA_API_URL_SSL"] = "http://panda.example/api/v1/";
        variables.Remove("PANDA_AUTH_VO");
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => PandaConnection.FromEnvironment(variables.GetValueOrDefault));
        Assert.Equal(["PANDA_API_URL_SSL", "PANDA_AUTH_VO"], error.Faults.Select(fault => fault.Path));
        Assert.Equal("https://pandaserver.cern.ch:25443/api/v1", PandaConnection.FromEnvironment(_ => null).Api.AbsoluteUri);
        Assert.StartsWith("/tmp/x509up_u", PandaConnection.FromEnvironment(_ => null).Proxy, StringComparison.Ordinal);
    }
}
