using System.Globalization;
using System.Text.Json;
using HpoServerless.Contracts.Ssh;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>An experiment file of Auptimizer whose jobs run on another machine, reached over SSH.</summary>
public sealed class AupNodeTests : IAsyncLifetime
{
    private readonly Workplace _work = new();
    private SshServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await SshServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _work.Dispose();
    }

    [Fact]
    public async Task Scripts_are_carried_to_the_node_and_run_in_the_working_directory_there()
    {
        string there = Path.Join(_server.Folder, "work", "aup");
        WriteSite();
        _work.Write("jobs/helper.py", "def square(x):\n    return x * x\n");
        _work.Write(
            "jobs/job.py",
            """
            import os
            import sys

            from aup import BasicConfig, print_result
            from helper import square

            config = BasicConfig().load(sys.argv[1])
            with open("done", "a") as file:
                file.write("%s %s\n" % (os.path.abspath(__file__), os.environ["MODE"]))
            print_result(square(config.x))
            """);
        _work.Write("jobs/experiment.json", $$"""
            {
              "name": "away", "proposer": "random", "n_samples": 3, "script": "job.py", "resource": "node", "target": "min", "workingdir": "{{there}}",
              "runtime_args": {"prescript": "export MODE=far", "overwrite": true}, "resource_args": {"max_retries": 2},
              "parameter_config": [{"name": "x", "type": "float", "range": [1, 2]}]
            }
            """);
        HpoEnd end = await HpoProcess.SucceedAsync(_work.Folder, "aup", "jobs/experiment.json", "--data", _work.Data, "--json");

        Assert.Equal("""{"completed":3,"failed":0,"stopped":0,"total":3}""", end.Counts());
        Assert.InRange(end.Result().GetProperty("best").GetProperty("value").GetDouble(), 1, 4);
        string[] done = await File.ReadAllLinesAsync(Path.Join(there, "done"), TestContext.Current.CancellationToken);
        Assert.Equal(3, done.Length);
        Assert.All(done, line => Assert.StartsWith(_server.RemoteFolder, line, StringComparison.Ordinal));
        Assert.All(done, line => Assert.EndsWith(" far", line, StringComparison.Ordinal));
    }

    private void WriteSite() => _work.Write("data/sites.json", JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["node"] = new Dictionary<string, object>
        {
            ["type"] = "ssh",
            ["nodes"] = new[] { string.Create(CultureInfo.InvariantCulture, $"{Environment.UserName}@127.0.0.1:{_server.Port} {_server.KeyFile}") },
            ["known_hosts"] = _server.KnownHosts,
            ["folder"] = _server.RemoteFolder,
        },
    }));
}
