using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Contracts.Recorded;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>Data of earlier releases, in both stores that outlive their process: they are opened, say what they said, and experiments that ran go on to the same results.</summary>
public sealed class RecordedStoreTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IDisposable
{
    private static readonly RecordedFolder Folder = new("Orchestrations.Tests");
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("hpo-recorded-");

    public static TheoryData<string> Releases => [.. Folder.Releases];

    public void Dispose() => _temporary.Delete(recursive: true);

    [Fact]
    public async Task The_store_of_this_release_is_on_record()
    {
        if (RecordedFolder.IsRecording && !File.Exists(Folder.PathOf("store/told.json")))
        {
            await RecordAsync();
        }

        Assert.All((string[])["told", "results", "azure"], name => Assert.True(
            File.Exists(Folder.PathOf($"store/{name}.json")), $"not on record for {RecordedFolder.Release}: run this test with {RecordedFolder.Switch}=1"));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task Journal_folder_of_a_release_is_read_and_goes_on(string release)
    {
        Copy(Folder.PathOf("store/journal", release), _temporary.FullName);
        using JournalStores stores = new(_temporary.FullName, TimeProvider.System);

        await CheckAsync(release, stores.All);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task Tables_and_blobs_of_a_release_are_read_and_go_on(string release)
    {
        string connection = (await azurite.StartAsync()).ConnectionString;
        string prefix = $"t{Guid.NewGuid():N}"[..24];
        await AzureDump.LoadAsync(Read("azure", release), connection, prefix);

        await CheckAsync(release, await AzureStores.CreateAsync(connection, new() { Prefix = prefix }, default));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void Record_has_every_kind_of_event(string release)
    {
        IEnumerable<string> kinds = Read("told", release)["example"]!["waiting"]!.AsArray().Select(waiting => (string)waiting!["kind"]!);

        Assert.Equal(["began", "checkpointed", "command", "ended", "reported", "restored"], kinds.Order(StringComparer.Ordinal));
    }

    /// <summary>A later minor release may add properties: an older one passes over them, so that going back to it is possible.</summary>
    [Fact]
    public void Properties_of_a_later_release_are_passed_over()
    {
        JsonObject told = Read("told", RecordedFolder.Release);
        foreach (JsonObject experiment in told.Select(entry => entry.Value).OfType<JsonObject>().Where(entry => entry.ContainsKey("turns")))
        {
            AssertPassedOver<ExperimentSummary>(experiment["summary"]!.AsObject());
            AssertPassedOver<ExperimentDefinition>(experiment["definition"]!.AsObject());
            Assert.All(experiment["waiting"]!.AsArray(), waiting => AssertPassedOver<ExperimentEvent>(waiting!.AsObject()));
            Assert.All(experiment["trials"]!.AsArray(), trial => AssertPassedOver<Trial>(trial!.AsObject()));
            Assert.All(experiment["turns"]!.AsArray(), turn => AssertPassedOver<Turn>(turn!.AsObject(), "events", "decisions"));
        }
    }

    /// <summary>What a later release lets happen cannot be passed over.</summary>
    [Theory]
    [InlineData("""{"kind":"invented","id":"x"}""")]
    [InlineData("""{"kind":"command","id":"x","command":"Invented","by":"y"}""")]
    public void Kinds_of_a_later_release_are_refused(string waiting) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ExperimentEvent>(waiting, EngineJson.Options));

    private static void AssertPassedOver<T>(JsonObject recorded, params string[] lists)
    {
        JsonObject later = recorded.DeepClone().AsObject();
        foreach (JsonObject value in lists.SelectMany(list => later[list]?.AsArray() ?? []).Cast<JsonObject>().Append(later))
        {
            value["ofALaterRelease"] = new JsonArray(1, new JsonObject { ["x"] = "y" });
        }

        T read = JsonSerializer.Deserialize<T>(later, EngineJson.Options)!;
        Assert.Null(RecordedJson.Difference(recorded.ToJsonString(), JsonSerializer.Serialize(read, EngineJson.Options)));
    }

    private static async Task CheckAsync(string release, StoreSet stores)
    {
        StoredRun run = new(stores);
        string? difference = RecordedJson.Difference(Read("told", release).ToJsonString(), (await run.TellAsync()).ToJsonString());
        Assert.True(difference is null, $"{release}: {difference}");

        await run.FinishAsync();

        difference = RecordedJson.Difference(Read("results", release).ToJsonString(), (await run.ResultsAsync()).ToJsonString());
        Assert.True(difference is null, $"{release}: {difference}");
    }

    private async Task RecordAsync()
    {
        string folder = Folder.PathOf("store/journal");
        using (JournalStores journal = new(folder, TimeProvider.System))
        {
            StoredRun run = new(journal.All);
            await run.FillAsync();
            Folder.Write("store/told.json", (await run.TellAsync()).ToJsonString(Indented) + "\n");
        }

        Copy(folder, _temporary.FullName);
        using (JournalStores journal = new(_temporary.FullName, TimeProvider.System))
        {
            StoredRun run = new(journal.All);
            await run.FinishAsync();
            Folder.Write("store/results.json", (await run.ResultsAsync()).ToJsonString(Indented) + "\n");
        }

        string connection = (await azurite.StartAsync()).ConnectionString;
        await new StoredRun(await AzureStores.CreateAsync(connection, new() { Prefix = "recorded" }, default)).FillAsync();
        Folder.Write("store/azure.json", (await AzureDump.TakeAsync(connection, "recorded")).ToJsonString(Indented) + "\n");
    }

    private static JsonObject Read(string name, string release) => JsonNode.Parse(File.ReadAllText(Folder.PathOf($"store/{name}.json", release)))!.AsObject();

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
