using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>Workers that fetch trials from a server, each a process of its own.</summary>
public sealed class WorkerTests : IDisposable
{
    private const string Id = "herd";

    private const string Program = """
        import os
        import time


        class Counting:
            def setup(self, config):
                self.config, self.steps = config, 0

            def step(self):
                self.steps += 1
                time.sleep(0.05)
                with open(self.config["trace"], "a") as file:
                    file.write(f"{os.getppid()} {self.config['x']!r} {self.steps}\n")
                return {"loss": self.config["x"] ** 2 + 1 / self.steps}

            def save_checkpoint(self, folder):
                return {"steps": self.steps}

            def load_checkpoint(self, state):
                self.steps = state["steps"]
        """;

    private readonly Workplace _work = new();

    private string Trace => Path.Combine(_work.Folder, "trace.txt");

    public void Dispose() => _work.Dispose();

    /// <summary>Every trial takes each of its steps, whatever happened to those who ran it, and comes out as on this machine.</summary>
    [Fact]
    public async Task Three_workers_of_which_one_is_killed_give_what_this_machine_gives()
    {
        string project = WriteProject();
        await using HpoProcess server = Serve(port: 0);
        string url = await HpoServer.AddressAsync(server);
        await using HpoProcess first = Worker(url, "--n", "2");
        await using HpoProcess second = Worker(url);
        await using HpoProcess victim = Worker(url, "--name", "victim");
        await using HpoProcess run = HpoProcess.Start(_work.Folder, "run", project, "--id", Id, "--seed", "5", "--url", url, "--data", _work.Data, "--wait", "--json");

        await BusyAsync(url, "victim");
        await victim.KillAsync();
        HpoEnd served = await run.EndAsync();
        await using HpoProcess nobody = Worker(url, "--timeout", "0.2", "--json");
        HpoEnd idle = await nobody.EndAsync();

        Assert.True(served.Code == 0, served.Error);
        Assert.True(idle.Code == 0, idle.Error);
        Assert.Equal((0, "ended"), (idle.Code, JsonDocument.Parse(idle.Output.Split('\n')[^1]).RootElement.GetProperty("event").GetString()));
        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, served, "--data", _work.Data);
        File.Delete(Trace);
        string local = Path.Combine(_work.Folder, "local");
        _work.Write("herd/hpo_config.json", HpoConfig("local"));
        HpoEnd ran = await HpoProcess.SucceedAsync(_work.Folder, "local_run", project, "--seed", "5", "--data", local, "--json");
        Assert.Equal(ran.Counts(), served.Counts());
        Assert.Equal(ran.Result().GetProperty("best").GetRawText(), served.Result().GetProperty("best").GetRawText());
        Assert.Equal(Results.Configurations(await Results.TrialsAsync(_work.Folder, ran, "--data", local)), Results.Configurations(trials));
    }

    [Fact]
    public async Task A_server_that_is_killed_and_comes_back_finds_its_workers_and_loses_nothing()
    {
        string project = WriteProject();
        int port = HpoServer.FreePort();
        string url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        HpoProcess server = Serve(port);
        await HpoServer.AddressAsync(server);
        await using HpoProcess worker = Worker(url, "--n", "2", "--name", "ant");
        await using HpoProcess run = HpoProcess.Start(_work.Folder, "run", project, "--id", Id, "--seed", "5", "--url", url, "--data", _work.Data, "--wait", "--json");
        await BusyAsync(url, "ant");
        for (int kill = 0; kill < 2; kill++)
        {
            await server.KillAsync();
            await server.DisposeAsync();
            server = Serve(port);
            await HpoServer.AddressAsync(server);
        }

        HpoEnd end = await run.EndAsync();
        await using HpoProcess last = server;

        Assert.True(end.Code == 0, end.Error);
        Assert.Equal("""{"completed":12,"failed":0,"stopped":0,"total":12}""", end.Counts());
        IEnumerable<IGrouping<string, string>> steps = (await File.ReadAllLinesAsync(Trace)).Select(line => line.Split(' ')).GroupBy(line => line[1], line => line[2]);
        Assert.All(steps, trial => Assert.Equal(["1", "2", "3", "4", "5", "6"], trial)); // none was begun anew: their worker kept them
    }

    [Fact]
    public async Task A_worker_that_is_told_to_end_hands_back_what_can_go_on_elsewhere()
    {
        string project = WriteProject();
        await using HpoProcess server = Serve(port: 0);
        string url = await HpoServer.AddressAsync(server);
        await using HpoProcess leaving = Worker(url, "--name", "leaving", "--n", "2");
        await using HpoProcess run = HpoProcess.Start(_work.Folder, "run", project, "--id", Id, "--seed", "5", "--url", url, "--data", _work.Data, "--wait", "--json");
        await BusyAsync(url, "leaving");
        await leaving.InterruptAsync();
        HpoEnd left = await leaving.EndAsync();
        Assert.True(left.Code == 0, left.Error);
        Assert.DoesNotContain((await HpoProcess.SucceedAsync(_work.Folder, "workers", "--json", "--url", url, "--data", _work.Data)).Output.Split('\n'), line => line.Contains("leaving", StringComparison.Ordinal));

        await using HpoProcess staying = Worker(url, "--n", "3", "--experiment", Id);
        HpoEnd end = await run.EndAsync();

        Assert.True(end.Code == 0, end.Error);
        Assert.Equal("""{"completed":12,"failed":0,"stopped":0,"total":12}""", end.Counts());
        Assert.Equal(0, (await staying.EndAsync()).Code); // its experiment has ended
        IEnumerable<IGrouping<string, string>> steps = (await File.ReadAllLinesAsync(Trace)).Select(line => line.Split(' ')).GroupBy(line => line[1], line => line[2]);
        Assert.All(steps, trial => Assert.Equal(["1", "2", "3", "4", "5", "6"], trial.Distinct()));
    }

    [Fact]
    public async Task A_worker_that_cannot_work_says_why()
    {
        WriteProject();
        await using HpoProcess server = Serve(port: 0);
        string url = await HpoServer.AddressAsync(server);
        string[] where = ["--url", url, "--data", _work.Data];

        HpoEnd unknown = await HpoProcess.RunAsync(_work.Folder, ["worker", .. where, "--experiment", "never"]);
        HpoEnd wrongKey = await HpoProcess.RunAsync(_work.Folder, "worker", "--url", url, "--key", "wrong");
        HpoEnd nothing = await HpoProcess.RunAsync(_work.Folder, "worker", "--url", $"http://127.0.0.1:{HpoServer.FreePort()}", "--key", "k", "--reconnect", "0.1");
        HpoEnd wrong = await HpoProcess.RunAsync(_work.Folder, ["worker", .. where, "--n", "0", "--timeout", "-1"]);

        Assert.Equal((2, 3, 3, 2), (unknown.Code, wrongKey.Code, nothing.Code, wrong.Code));
        Assert.Contains("never", unknown.Error, StringComparison.Ordinal);
        Assert.Contains("--n", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("--timeout", wrong.Error, StringComparison.Ordinal);
    }

    private string WriteProject()
    {
        _work.Write("data/sites.json", """{"farm": {"type": "workers", "heartbeat_timeout_s": 3, "poll_every_s": 0.5}}""");
        _work.Write("herd/scripts/counting.py", Program);
        _work.Write("herd/model_config.json", $$$"""{"script": "counting.py", "model": "Counting", "param": {"trace": {{{JsonSerializer.Serialize(Trace)}}} } }""");
        _work.Write("herd/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}""");
        _work.Write("herd/hpo_config.json", HpoConfig("farm"));
        return Path.Combine(_work.Folder, "herd");
    }

    private static string HpoConfig(string site) => $$$"""
        {"metric": "loss", "mode": "min", "num_trials": 12, "max_concurrent": 4, "algorithm": "random", "scheduler": "none", "sites": ["{{{site}}}"],
         "stop": {"training_iteration": 6}, "checkpoint": {"every": 1} }
        """;

    private HpoProcess Serve(int port) => HpoProcess.Start(_work.Folder, "serve", "--port", port.ToString(CultureInfo.InvariantCulture), "--data", _work.Data);

    private HpoProcess Worker(string url, params string[] more) => HpoProcess.Start(_work.Folder, ["worker", "--url", url, "--data", _work.Data, .. more]);

    /// <summary>Waits until a worker runs a trial, and that has come some way.</summary>
    private async Task BusyAsync(string url, string worker)
    {
        for (Stopwatch patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromMinutes(2);)
        {
            HpoEnd end = await HpoProcess.RunAsync(_work.Folder, "workers", "--json", "--url", url, "--data", _work.Data);
            foreach (string line in end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                JsonElement known = JsonDocument.Parse(line).RootElement;
                if (known.GetProperty("name").GetString() == worker && known.GetProperty("running").GetArrayLength() > 0)
                {
                    return;
                }
            }
        }

        Assert.Fail($"worker {worker} never got a trial");
    }
}
