using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Panda;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Executors.Panda;

public sealed class PandaOptionsTests
{
    [Fact]
    public void A_site_is_read_and_the_environment_fills_it_up()
    {
        List<Fault> faults = [];
        PandaOptions options = PandaOptions.Read(
            Section(("Queues:0", "A_GPU"), ("Queues:1", "B_GPU"), ("Auth", "oidc"), ("Vo", "atlas"), ("TokenFile", "/token"), ("Container", "docker://x"), ("MaxTrials", "50"), ("PollEveryS", "30"), ("Gpu", "true")),
            faults,
            name => name switch { "RUCIO_ACCOUNT" => "alice", "PANDA_API_URL_SSL" => "https://panda.example/api/v1", _ => null });
        Assert.Empty(faults);
        Assert.Equal(("grid", "alice", "docker://x", 50, true), (options.Site, options.Account, options.Container, options.MaxTrials, options.Gpu));
        Assert.Equal(["A_GPU", "B_GPU"], options.Queues);
        Assert.Equal((PandaAuth.Oidc, "/token", "https://panda.example/api/v1"), (options.Connection.Auth, options.Connection.TokenFile, options.Connection.Api.AbsoluteUri));
        Assert.Equal(TimeSpan.FromSeconds(30), options.PollEvery);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        List<Fault> faults = [];
        PandaOptions.Read(Section(("Auth", "magic"), ("Api", "http://panda.example"), ("Cores", "0"), ("Queues", "a b"), ("Colour", "red")), faults, _ => null);
        Assert.Equal(
            ["Sites:grid:Account", "Sites:grid:Api", "Sites:grid:Auth", "Sites:grid:Colour", "Sites:grid:Cores", "Sites:grid:Queues"],
            faults.Select(fault => fault.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_registry_knows_the_type()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Sites:grid:Type"] = "panda",
            ["Sites:grid:Account"] = "alice",
        }).Build();
        Assert.Single(SiteRegistry.Read(configuration));
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] options) => new ConfigurationBuilder()
        .AddInMemoryCollection(options.Select(option => KeyValuePair.Create($"Sites:grid:{option.Key}", (string?)option.Value)).Append(new("Sites:grid:Type", "panda"))).Build().GetSection("Sites:grid");
}
