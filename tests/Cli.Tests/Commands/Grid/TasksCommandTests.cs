using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Contracts.Panda;

namespace HpoServerless.Cli.Tests.Commands.Grid;

/// <summary><c>hpo tasks</c> against the doubles of the monitor and of the server.</summary>
public sealed class TasksCommandTests : IAsyncLifetime
{
    private readonly CliRunner _hpo = new();
    private PandaDouble _grid = null!;
    private BigPandaDouble _monitor = null!;

    public async ValueTask InitializeAsync()
    {
        _grid = await PandaDouble.StartAsync(takesAnybody: false);
        _monitor = await BigPandaDouble.StartAsync();
        _monitor.Add(101, "done", "user.alice.hpo.one/", 100);
        _monitor.Add(102, "running", "user.alice.hpo.two/", 40);
        _monitor.Add(103, "failed", "user.alice.other/", 0);
        _monitor.Add(104, "running", "user.bob.hpo/", 10, "Bob Example");
        _hpo.Write("ca/ca.pem", _grid.CertificatePem);
        _hpo.Write("proxy", Proxy("CN=Alice Example"));
        _hpo.Set("PANDAMON_URL", _monitor.Address.AbsoluteUri);
        _hpo.Set("PANDA_API_URL_SSL", _grid.Api.AbsoluteUri);
        _hpo.Set("X509_USER_PROXY", Path.Combine(_hpo.Folder, "proxy"));
        _hpo.Set("X509_CERT_DIR", Path.Combine(_hpo.Folder, "ca"));
    }

    public async ValueTask DisposeAsync()
    {
        await _grid.DisposeAsync();
        await _monitor.DisposeAsync();
        _hpo.Dispose();
    }

    [Fact]
    public async Task Shows_the_tasks_of_whoever_asks()
    {
        CliResult result = await _hpo.SucceedAsync("tasks", "show");
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["JediTaskID", "Status", "Fin%", "TaskName"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["103", "102", "101"], lines[1..].Select(line => line.Split(' ')[0]));
        Assert.Contains("limit=1000", _monitor.Requests.Last(), StringComparison.Ordinal);
        Assert.Contains("days=30", _monitor.Requests.Last(), StringComparison.Ordinal);
        Assert.Contains("username=Alice%20Example", _monitor.Requests.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("101-103", 103, 102, 101)]
    [InlineData("101-102", 102, 101)]
    [InlineData("102-", 103, 102)]
    [InlineData("102", 102)]
    [InlineData("-102", 102, 101)]
    public async Task A_range_includes_both_ends(string range, params int[] expected) =>
        Assert.Equal(expected.Select(id => id.ToString(CultureInfo.InvariantCulture)), (await IdsAsync($"--range={range}")));

    [Theory]
    [InlineData("103-101")]
    [InlineData("a-b")]
    [InlineData("-")]
    [InlineData("1-2-3")]
    public async Task A_range_that_is_none_is_refused(string range)
    {
        CliResult result = await _hpo.RunAsync("tasks", "show", $"--range={range}");
        Assert.Equal(2, result.Code);
        Assert.Contains("--range", result.Error, StringComparison.Ordinal);
        Assert.Empty(_monitor.Requests);
    }

    [Fact]
    public async Task A_limit_counts_after_the_range()
    {
        for (int id = 1000; id < 1010; id++)
        {
            _monitor.Tasks.Insert(0, new() { ["jeditaskid"] = id, ["status"] = "done", ["taskname"] = "later/", ["username"] = "Alice Example" });
        }

        Assert.Equal(["103", "102"], await IdsAsync("-l", "2", "-r", "101-103"));
    }

    [Theory]
    [InlineData("--days", "show", "--server", "-d", "1000000")]
    [InlineData("--wait", "killAndRetry", "7", "--wait", "1e300")]
    [InlineData("--wait", "killAndRetry", "7", "--wait=-1")]
    [InlineData("ID", "kill", "-5")]
    [InlineData("ID", "kill", "abc")]
    [InlineData("ID", "retry", "0")]
    public async Task What_no_server_could_do_is_refused_by_name(string name, params string[] args)
    {
        CliResult result = await _hpo.RunAsync(["tasks", .. args]);
        Assert.Equal(2, result.Code);
        Assert.Contains(name, result.Error, StringComparison.Ordinal);
        Assert.Contains("must be", result.Error, StringComparison.Ordinal);
        Assert.Empty(_monitor.Requests);
    }

    [Fact]
    public async Task Rows_of_another_shape_are_shown_as_far_as_they_go()
    {
        _monitor.Tasks.Add(new() { ["jeditaskid"] = 105, ["status"] = 3, ["taskname"] = "odd/", ["username"] = "Alice Example", ["dsinfo"] = new JsonArray(1) });
        CliResult result = await _hpo.SucceedAsync("tasks", "show");
        Assert.Contains("odd/", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("105", await IdsAsync("--status", "done"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signing_in_begins_where_a_person_can_be_told(bool isTerminal)
    {
        using CliRunner hpo = new() { IsTerminal = isTerminal };
        hpo.Write("ca/ca.pem", _grid.CertificatePem);
        hpo.Set("PANDA_API_URL_SSL", _grid.Api.AbsoluteUri);
        hpo.Set("X509_CERT_DIR", Path.Combine(hpo.Folder, "ca"));
        hpo.Set("PANDA_AUTH", "oidc");
        hpo.Set("PANDA_AUTH_VO", "atlas");
        hpo.Set("PANDA_CONFIG_ROOT", hpo.Folder);
        CliResult result = await hpo.RunAsync("tasks", "show", "--server");
        Assert.Equal(isTerminal ? 0 : 3, result.Code);
        Assert.Equal(isTerminal, result.Error.Contains("https://sign-in.example/", StringComparison.Ordinal));
        Assert.Equal(!isTerminal, result.Error.Contains("hpo tasks show --server", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_filter_goes_to_the_monitor()
    {
        Assert.Equal(["104"], await IdsAsync("-u", "Bob Example"));
        Assert.Equal(["104", "103", "102", "101"], await IdsAsync("-u", "*"));
        Assert.Equal(["102", "101"], await IdsAsync("-n", "user.alice.hpo.*"));
        Assert.Equal(["104", "101"], await IdsAsync("-i", "101,104"));
        Assert.Equal(["103", "102"], await IdsAsync("--status", "running,failed"));
        Assert.Single(await IdsAsync("-l", "1"));
        await _hpo.SucceedAsync("tasks", "show", "-d", "7", "-s");
        Assert.Contains("days=7", _monitor.Requests.Last(), StringComparison.Ordinal);
        Assert.Contains("timestamp=", _monitor.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_go_to_a_file_with_the_metadata()
    {
        for (int id = 1000; id < 1150; id++)
        {
            _monitor.Add(id, "done", "user.alice.many/", 100);
        }

        await _hpo.SucceedAsync("tasks", "show", "-m", "-o", "tasks.json");
        JsonObject tasks = JsonNode.Parse(File.ReadAllText(Path.Combine(_hpo.Folder, "tasks.json")))!.AsObject();
        Assert.Equal(153, tasks.Count);
        Assert.Equal(["jeditaskid", "status", "taskname", "computingsite", "site", "metastruct"], tasks["0"]!.AsObject().Select(column => column.Key));
        Assert.All(tasks, task => Assert.Equal((long)task.Value!["jeditaskid"]!, (long)task.Value["metastruct"]![0]!["1"]!["task"]!));
        Assert.Equal(3, _monitor.Requests.Count);

        await _hpo.SucceedAsync("tasks", "show", "-i", "101", "-o", "few.json", "-c", "status", "site");
        Assert.Equal("""{"0":{"status":"done","site":"GRID_GPU"}}""", JsonNode.Parse(File.ReadAllText(Path.Combine(_hpo.Folder, "few.json")))!.ToJsonString());
    }

    [Fact]
    public async Task A_column_that_no_task_has_is_named()
    {
        CliResult result = await _hpo.SucceedAsync("tasks", "show", "-i", "101", "--json", "-c", "status", "nosuch", "metastruct");
        Assert.Contains("no task has nosuch; columns are", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("note", (await _hpo.SucceedAsync("tasks", "show", "-i", "101", "--json")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_shows_its_own_list()
    {
        long task = await SubmitAsync("user.alice.hpo.here/");
        _grid.AddMetadata(task, new JsonObject { ["loss"] = 2 });
        CliResult result = await _hpo.SucceedAsync("tasks", "show", "--server", "-n", "user.alice.*", "-m", "--json", "-c", "jeditaskid", "status", "metastruct");
        JsonElement row = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal((task, "registered"), (row.GetProperty("jeditaskid").GetInt64(), row.GetProperty("status").GetString()));
        Assert.Contains("\"loss\":2", result.Output, StringComparison.Ordinal);
        Assert.Empty(_monitor.Requests);
    }

    [Fact]
    public async Task A_monitor_that_wants_people_to_sign_in_or_is_away_is_said_with_the_way_out()
    {
        _monitor.WantsSignIn = true;
        CliResult result = await _hpo.RunAsync("tasks", "show");
        Assert.Equal(3, result.Code);
        Assert.Contains("--server", result.Error, StringComparison.Ordinal);

        _monitor.WantsSignIn = false;
        _monitor.Refusals.Enqueue(503);
        await _hpo.SucceedAsync("tasks", "show");
        _hpo.Set("PANDAMON_URL", "http://somewhere.example");
        Assert.Equal(2, (await _hpo.RunAsync("tasks", "show")).Code);
    }

    [Fact]
    public async Task Without_any_identity_a_name_is_needed()
    {
        _hpo.Set("X509_USER_PROXY", Path.Combine(_hpo.Folder, "none"));
        CliResult result = await _hpo.RunAsync("tasks", "show");
        Assert.Equal(2, result.Code);
        Assert.Contains("--username", result.Error, StringComparison.Ordinal);
        Assert.Equal(["102"], await IdsAsync("-i", "102"));
    }

    [Fact]
    public async Task Tasks_are_killed_and_tried_again()
    {
        long[] tasks = [await SubmitAsync("one/"), await SubmitAsync("two/")];
        CliResult killed = await _hpo.SucceedAsync("tasks", "kill", Text(tasks[0]), Text(tasks[1]));
        Assert.Equal(2, killed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        CliResult again = await _hpo.RunAsync("tasks", "kill", Text(tasks[0]), "7");
        Assert.Equal(3, again.Code);
        Assert.Contains("task 7", again.Error, StringComparison.Ordinal);

        _grid.Put(tasks[0], "failed");
        await _hpo.SucceedAsync("tasks", "retry", Text(tasks[0]));
        _grid.Put(tasks[1], "done");
        CliResult done = await _hpo.RunAsync("tasks", "retry", Text(tasks[1]));
        Assert.Equal(3, done.Code);
        Assert.Contains("it is done", done.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("killAndRetry")]
    [InlineData("kill_and_retry")]
    public async Task A_task_is_ended_and_tried_again_in_one_go(string command)
    {
        long task = await SubmitAsync("one/");
        _grid.Put(task, "running");
        CliResult result = await _hpo.SucceedAsync("tasks", command, Text(task));
        Assert.Contains("tried again", result.Output, StringComparison.Ordinal);
        Assert.Contains(_grid.Tasks[0].Statuses, status => status == "finishing");
        Assert.Contains(_grid.Tasks[0].Statuses, status => status == "toretry");
    }

    [Fact]
    public async Task An_expired_proxy_is_said_plainly()
    {
        _hpo.Write("proxy", Proxy("CN=Alice Example", -1));
        CliResult result = await _hpo.RunAsync("tasks", "kill", "1");
        Assert.Equal(3, result.Code);
        Assert.Contains("voms-proxy-init", result.Error, StringComparison.Ordinal);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Proxy(string subject, int hours = 1)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset end = TimeProvider.System.GetUtcNow().AddHours(hours);
        using X509Certificate2 certificate = new CertificateRequest($"CN=proxy, {subject}", key, HashAlgorithmName.SHA256).CreateSelfSigned(end.AddDays(-2), end);
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private async Task<string[]> IdsAsync(params string[] args)
    {
        CliResult result = await _hpo.SucceedAsync(["tasks", "show", .. args, "--json", "-c", "jeditaskid"]);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("jeditaskid").GetRawText())];
    }

    private async Task<long> SubmitAsync(string name)
    {
        using PandaClient client = new(PandaConnection.FromEnvironment(variable => variable switch
        {
            "PANDA_API_URL_SSL" => _grid.Api.AbsoluteUri,
            "X509_USER_PROXY" => Path.Combine(_hpo.Folder, "proxy"),
            "X509_CERT_DIR" => Path.Combine(_hpo.Folder, "ca"),
            _ => null,
        }));
        return (await client.SubmitAsync(new() { ["taskName"] = name }, default)).Task;
    }
}
