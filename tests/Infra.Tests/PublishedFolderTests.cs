using System.Text.Json.Nodes;

namespace HpoServerless.Infra.Tests;

/// <summary>infra/check-publish lets a whole folder pass, and finds whatever is wrong with one.</summary>
public sealed class PublishedFolderTests : IDisposable
{
    private const string Libraries = "HpoServerless.Functions.deps.json";

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-publish-").FullName;

    public PublishedFolderTests()
    {
        File.Copy(Files.PathOf("host.json"), Path.Combine(_folder, "host.json"));
        string[] functions = ["ExperimentOrchestrator", "TrialOrchestrator", "AdvanceExperiment", "DispatchTrial", "GiveUpTrial", "Reconciler", "GetHealth"];
        Write("functions.metadata", new JsonArray([.. functions.Select(name => new JsonObject { ["name"] = name })]));
        Write("worker.config.json", new JsonObject { ["description"] = new JsonObject { ["language"] = "dotnet-isolated", ["defaultWorkerPath"] = "HpoServerless.Functions.dll" } });
        Write("HpoServerless.Functions.dll", "");
        Write("extensions.json", Extensions());
        Directory.CreateDirectory(Path.Combine(_folder, ".azurefunctions"));
        Write(Libraries, Dependencies(("HpoServerless.Functions/0.1.0", "project"), ("Microsoft.Azure.Functions.Worker/2.52.0", "package"), ("Microsoft.DurableTask.Client/1.25.0", "package"), ("Azure.Data.Tables/12.11.0", "package"), ("Azure.Monitor.OpenTelemetry.Exporter/1.7.0", "package")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void GoodFolder_passes()
    {
        (int code, string error) = Check();

        Assert.Equal((0, ""), (code, error));
    }

    [Theory]
    [InlineData("host.json")]
    [InlineData("functions.metadata")]
    [InlineData("worker.config.json")]
    [InlineData("extensions.json")]
    [InlineData("HpoServerless.Functions.dll")]
    [InlineData(Libraries)]
    public void MissingFile_fails(string name)
    {
        File.Delete(Path.Combine(_folder, name));

        AssertFails(name);
    }

    [Fact]
    public void MissingExtensionFolder_fails()
    {
        Directory.Delete(Path.Combine(_folder, ".azurefunctions"));

        AssertFails(".azurefunctions");
    }

    [Fact]
    public void LocalSettings_fail()
    {
        Write("local.settings.json", "{}");

        AssertFails("local.settings.json");
    }

    [Fact]
    public void StandIns_fail()
    {
        Write(Libraries, Dependencies(("HpoServerless.Functions/0.1.0", "project"), ("Microsoft.Azure.Functions.Worker/0.1.0", "project"), ("Microsoft.DurableTask.Client/1.25.0", "package"), ("Azure.Data.Tables/12.11.0", "package")));

        AssertFails("Microsoft.Azure.Functions.Worker");
    }

    /// <summary>What this build itself was made of must never be deployed.</summary>
    [Fact]
    public void FolderOfThisBuild_fails()
    {
        string built = Path.Combine(AppContext.BaseDirectory, Libraries);
        if (JsonNode.Parse(File.ReadAllText(built))!["libraries"]!.AsObject().Any(library => library.Key.StartsWith("Microsoft.DurableTask.Client/", StringComparison.Ordinal) && (string?)library.Value!["type"] == "package"))
        {
            Assert.Skip("this build was made with the official packages");
        }

        File.Copy(built, Path.Combine(_folder, Libraries), overwrite: true);

        AssertFails("Microsoft.DurableTask.Client");
    }

    [Fact]
    public void MissingExporter_fails()
    {
        Write(Libraries, Dependencies(("HpoServerless.Functions/0.1.0", "project"), ("Microsoft.Azure.Functions.Worker/2.52.0", "package"), ("Microsoft.DurableTask.Client/1.25.0", "package"), ("Azure.Data.Tables/12.11.0", "package")));

        AssertFails("Azure.Monitor.OpenTelemetry.Exporter");
    }

    [Fact]
    public void MissingFunction_fails()
    {
        Write("functions.metadata", new JsonArray(new JsonObject { ["name"] = "Reconciler" }));

        AssertFails("TrialOrchestrator");
    }

    [Fact]
    public void MissingExtension_fails()
    {
        Write("extensions.json", new JsonObject { ["extensions"] = new JsonArray() });

        AssertFails("Microsoft.Azure.WebJobs.Extensions.Storage.Queues");
    }

    [Fact]
    public void HostFileOfTheOtherBackend_fails()
    {
        AssertFails("DurableBackend=scheduler", "scheduler");

        File.Copy(Files.PathOf("host.scheduler.json"), Path.Combine(_folder, "host.json"), overwrite: true);
        AssertFails("DurableTask.AzureManaged", "scheduler");
        Write("extensions.json", Extensions(Extension("AzureManaged", "Microsoft.Azure.WebJobs.Extensions.DurableTask.AzureManaged.AzureManagedWebJobsStartup, Microsoft.Azure.WebJobs.Extensions.DurableTask.AzureManaged, Version=1.0.0.0, Culture=neutral")));

        Assert.Equal(0, Check("scheduler").Code);
        AssertFails("DurableBackend=azureStorage");
    }

    private static JsonObject Extensions(params ReadOnlySpan<JsonObject> further) => new()
    {
        ["extensions"] = new JsonArray(
        [
            Extension("DurableTask", "Microsoft.Azure.WebJobs.Extensions.DurableTask.DurableTaskWebJobsStartup, Microsoft.Azure.WebJobs.Extensions.DurableTask, Version=3.0.0.0, Culture=neutral"),
            Extension("AzureStorageQueues", "Microsoft.Azure.WebJobs.Extensions.Storage.AzureStorageQueuesWebJobsStartup, Microsoft.Azure.WebJobs.Extensions.Storage.Queues, Version=5.3.0.0, Culture=neutral"),
            .. further,
        ]),
    };

    private static JsonObject Extension(string name, string type) => new() { ["name"] = name, ["typeName"] = type };

    private static JsonObject Dependencies(params ReadOnlySpan<(string Name, string Kind)> libraries)
    {
        JsonObject all = [];
        foreach ((string name, string kind) in libraries)
        {
            all[name] = new JsonObject { ["type"] = kind };
        }

        return new() { ["libraries"] = all };
    }

    private void AssertFails(string named, params string[] backend)
    {
        (int code, string error) = Check(backend);

        Assert.Equal(1, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    private (int Code, string Error) Check(params string[] backend)
    {
        (int code, _, string error) = Shell.Run(Shell.Python, [Files.PathOf("infra", "check-publish"), _folder, .. backend], _folder);
        return (code, error);
    }

    private void Write(string name, JsonNode content) => Write(name, content.ToJsonString());

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);
}
