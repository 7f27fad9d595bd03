using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions.Tests;

public sealed class HpoOptionsTests
{
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    [Fact]
    public void Journal_needs_a_folder_and_a_key()
    {
        HpoOptions options = Read(("Hpo:DataFolder", "/data"), ("Hpo:TrialKey", Key));

        Assert.Equal("/data", options.DataFolder);
        Assert.Null(options.Storage);
        Assert.Equal(32, options.TrialKey.Length);
        Assert.Equal((50, 500, 10_000), (options.MaxScriptsMiB, options.MaxUnpackedScriptsMiB, options.MaxScriptEntries));
        Assert.Equal((1024, null), (options.MaxCheckpointMiB, options.PublicUrl));
    }

    [Fact]
    public void Trials_elsewhere_have_an_address_and_a_limit()
    {
        HpoOptions options = Read(("Hpo:DataFolder", "/data"), ("Hpo:TrialKey", Key), ("Hpo:PublicUrl", "https://hpo.example.org"), ("Hpo:MaxCheckpointMiB", "10240"));

        Assert.Equal((10240, new Uri("https://hpo.example.org")), (options.MaxCheckpointMiB, options.PublicUrl));
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => Read(("Hpo:DataFolder", "/data"), ("Hpo:TrialKey", Key), ("Hpo:PublicUrl", "ftp://x"), ("Hpo:MaxCheckpointMiB", "0")));
        Assert.Equal(["Hpo:MaxCheckpointMiB", "Hpo:PublicUrl"], error.Faults.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_fault_is_listed()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => Read(("Hpo:TrialKey", "c2hvcnQ="), ("Hpo:MaxScriptsMiB", "0"), ("Hpo:MaxScriptEntries", "many"), ("HpoStorage:credential", "password")));

        Assert.Equal(
            [
                "Hpo:MaxScriptEntries", "Hpo:MaxScriptsMiB", "Hpo:TrialKey", "HpoStorage:blobServiceUri", "HpoStorage:credential",
                "HpoStorage:queueServiceUri", "HpoStorage:tableServiceUri",
            ],
            error.Faults.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_at_all_is_two_faults() =>
        Assert.Equal(["Hpo:TrialKey", "HpoStorage"], Assert.Throws<InvalidInputException>(() => Read()).Faults.Select(f => f.Path));

    [Fact]
    public void Key_is_never_shown()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Read(("Hpo:TrialKey", "topsecret"), ("Hpo:DataFolder", "/data")));

        Assert.DoesNotContain("topsecret", error.ToString());
    }

    [Fact]
    public void Storage_is_one_connection_string() =>
        Assert.Equal("UseDevelopmentStorage=true", Read(("Hpo:TrialKey", Key), ("HpoStorage", "UseDevelopmentStorage=true")).Storage!.ConnectionString);

    [Fact]
    public void Storage_is_an_account_with_an_identity()
    {
        StorageOptions storage = Read(("Hpo:TrialKey", Key), ("HpoStorage:accountName", "acct"), ("HpoStorage:credential", "managedidentity"), ("HpoStorage:clientId", "id")).Storage!;

        Assert.Equal(new("https://acct.table.core.windows.net/"), storage.Tables);
        Assert.Equal(new("https://acct.blob.core.windows.net/"), storage.Blobs);
        Assert.Equal(new("https://acct.queue.core.windows.net/"), storage.Queues);
        Assert.Equal("id", storage.ClientId);
    }

    private static HpoOptions Read(params (string Key, string Value)[] settings) => HpoOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build());
}
