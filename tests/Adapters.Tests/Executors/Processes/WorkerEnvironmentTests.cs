using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Processes.ProcessExecutorFixture;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class WorkerEnvironmentTests : IAsyncDisposable
{
    private const string Secret = "not-for-trials-7d1f";

    private const string Script = """
        import os


        def look(config, reporter):
            shown = [name for name, value in os.environ.items() if "not-for-trials-7d1f" in value]
            reporter(loss=len(shown), kept=int("PATH" in os.environ))
        """;

    private static readonly string[] Settings = ["HpoStorage", "HpoStorage__clientId", "Hpo__TrialKey", "HPO_KEY", "AzureWebJobsStorage", "AzureWebJobsStorage__accountName", "PANDA_AUTH_ID_TOKEN", "OIDC_AUTH_ID_TOKEN"];

    private readonly ProcessExecutorFixture _fixture = new(("local.py", Script));

    public async ValueTask DisposeAsync()
    {
        Array.ForEach(Settings, name => Environment.SetEnvironmentVariable(name, null));
        await _fixture.DisposeAsync();
    }

    [Fact]
    public async Task Trials_do_not_see_the_settings_of_the_host()
    {
        Array.ForEach(Settings, name => Environment.SetEnvironmentVariable(name, Secret));

        SegmentWork work = Python("look");

        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(), work);

        Assert.Null(outcome.Error);
        Metrics metrics = Assert.Single([.. _fixture.Events.ReportsOf(work.Segment), .. outcome.Reports]).Metrics;
        Assert.Equal((0.0, 1.0), (metrics["loss"], metrics["kept"]));
    }
}
