using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Tests.Executors.Batch;

public sealed class BatchOptionsTests
{
    [Fact]
    public void Read_ofWhatIsNeeded_takesDefaults()
    {
        List<Fault> faults = [];
        BatchOptions options = BatchOptions.Read(Section(("endpoint", "https://a.b.batch.azure.com"), ("pool", "gpu"), ("api", "https://app/api")), faults);
        Assert.Empty(faults);
        Assert.Equal(("cloud", "gpu", 1, TimeSpan.FromSeconds(10)), (options.Site, options.Pool, options.SlotsPerTrial, options.PollEvery));
    }

    [Fact]
    public void Read_listsAllFaultsAtOnce()
    {
        List<Fault> faults = [];
        BatchOptions.Read(
            Section(("Endpoint", "http://plain"), ("SlotsPerTrial", "0"), ("PollEveryS", "soon"), ("Python", "python3; rm"), ("Registry", "r"), ("Colour", "red")), faults);
        Assert.Equal(
            ["Sites:cloud:Colour", "Sites:cloud:Container", "Sites:cloud:Endpoint", "Sites:cloud:PollEveryS", "Sites:cloud:Pool", "Sites:cloud:Python", "Sites:cloud:Registry", "Sites:cloud:SlotsPerTrial"],
            faults.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Registry_makesTheExecutorsOfAllSites()
    {
        IConfiguration configuration = Configuration(
            ("Sites:one:type", "batch"), ("Sites:one:endpoint", "https://a.b.batch.azure.com"), ("Sites:one:pool", "gpu"), ("Sites:one:api", "https://app/api"));
        SiteServices services = new(new MemoryArtifacts(), new NoAccess(), null, TimeProvider.System, NullLoggerFactory.Instance);
        ITrialExecutor executor = Assert.Single(SiteRegistry.Read(configuration))(services);
        Assert.Equal("one", Assert.IsType<AzureBatchExecutor>(executor).Site);
        await ((AzureBatchExecutor)executor).DisposeAsync();
        Assert.Empty(SiteRegistry.Read(Configuration()));
    }

    [Fact]
    public void Registry_refusesUnknownTypesAndFaultsOfAllSites()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SiteRegistry.Read(
            Configuration(("Sites:one:type", "abacus"), ("Sites:two:type", "batch"), ("Sites:three:x", "y"))));
        Assert.Contains(error.Faults, f => f.Path == "Sites:one:Type" && f.Value == "abacus");
        Assert.Contains(error.Faults, f => f.Path == "Sites:three:Type" && f.Value is null);
        Assert.Contains(error.Faults, f => f.Path == "Sites:two:Endpoint");
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] options) =>
        Configuration([.. options.Select(o => ($"Sites:cloud:{o.Key}", o.Value))]).GetSection("Sites:cloud");

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();

    private sealed class NoAccess : ITrialAccess
    {
        public Uri? Address => null;

        public string TokenOf(string experiment, int trial) => "token";
    }
}
