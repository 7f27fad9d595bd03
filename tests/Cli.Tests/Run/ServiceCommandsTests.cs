using System.Text.Json;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>The commands <c>run</c> and <c>experiment --url</c> against a server in this process.</summary>
public sealed class ServiceCommandsTests : IAsyncLifetime
{
    private readonly CliRunner _hpo = new();
    private EmbeddedHost? _host;

    private string Url => _host!.BaseAddress!.ToString();

    public async ValueTask InitializeAsync() => _host = await _hpo.ServeAsync();

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _hpo.Dispose();
    }

    [Fact]
    public async Task Run_gives_the_same_result_as_local_run()
    {
        SmallProject.Write(_hpo);

        CliResult served = await _hpo.SucceedAsync("run", SmallProject.Name, "--seed", "3", "--num_trials", "8", "--wait", "--json");
        CliResult local = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "3", "--num_trials", "8", "--json");

        Assert.Equal(Without(local, "experiment", "elapsed_s"), Without(served, "experiment", "elapsed_s"));
    }

    [Fact]
    public async Task Logs_are_what_the_trial_printed()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    print('hello from the trial')\n    reporter(loss=1)\n", trials: 1);
        await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "mine", "--wait");

        Assert.Equal("hello from the trial\n", (await _hpo.SucceedAsync("experiment", "logs", "mine", "1")).Output);
        Assert.Equal(2, (await _hpo.RunAsync("experiment", "logs", "mine", "7")).Code);
    }

    [Fact]
    public async Task Run_under_an_id_is_once_only()
    {
        SmallProject.Write(_hpo);

        await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "mine", "--seed", "3", "--wait");
        CliResult again = await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "mine", "--seed", "3");
        CliResult other = await _hpo.RunAsync("run", SmallProject.Name, "--id", "mine", "--seed", "4");

        Assert.Equal("mine", again.Output.Trim());
        Assert.Equal(2, other.Code);
        Assert.Single(Lines(await _hpo.SucceedAsync("experiment", "list", "--json")));
    }

    [Fact]
    public async Task Failed_experiment_ends_the_run_with_1()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    raise ValueError('no data')\n", trials: 3);

        CliResult result = await _hpo.RunAsync("run", SmallProject.Name, "--wait");

        Assert.Equal(1, result.Code);
        Assert.Contains("ValueError: no data", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Experiment_can_be_steered()
    {
        SmallProject.Write(_hpo, SmallProject.Waiting(_hpo.Folder, quick: 0));
        await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "long");

        await _hpo.SucceedAsync("experiment", "pause", "long");
        await UntilAsync("Paused");
        await _hpo.SucceedAsync("experiment", "resume", "long");
        await UntilAsync("Running");
        CliResult delete = await _hpo.RunAsync("experiment", "delete", "long");
        _hpo.Write("go", string.Empty);
        await _hpo.SucceedAsync("experiment", "stop", "long");
        CliResult run = await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "long", "--wait", "--json");

        Assert.Equal(2, delete.Code);
        Assert.Equal("Stopped", JsonDocument.Parse(run.Output).RootElement.GetProperty("status").GetString());
        await _hpo.SucceedAsync("experiment", "delete", "long");
        Assert.Equal(2, (await _hpo.RunAsync("experiment", "delete", "long")).Code);
    }

    [Fact]
    public async Task Reading_is_the_same_by_url_and_from_the_folder()
    {
        SmallProject.Write(_hpo);
        await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "both", "--wait");

        foreach (string[] command in new string[][] { ["list", "--json"], ["show", "both", "--json"], ["trials", "both", "--json"], ["trials", "both", "--sort", "value"], ["explain", "both"] })
        {
            CliResult served = await _hpo.SucceedAsync(["experiment", .. command]);
            CliResult stored = await _hpo.SucceedAsync(["experiment", .. command, "--data", "server"]);
            Assert.Equal(stored.Output, served.Output);
        }
    }

    [Fact]
    public async Task Running_experiment_of_a_folder_is_left_to_its_process()
    {
        SmallProject.Write(_hpo, SmallProject.Waiting(_hpo.Folder, quick: 0));
        await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "long");
        await SmallProject.UntilAsync(() => SmallProject.Journal(_hpo, "server")?.Contains("\"turn\":1,", StringComparison.Ordinal) == true);

        CliResult result = await _hpo.RunAsync("experiment", "stop", "long", "--data", "server");

        _hpo.Write("go", string.Empty);
        Assert.Equal(2, result.Code);
        Assert.Contains("--url", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_key_and_dead_service_end_with_3()
    {
        SmallProject.Write(_hpo);

        CliResult refused = await _hpo.RunAsync("run", SmallProject.Name, "--key", "wrong");
        CliResult unreachable = await _hpo.RunAsync("experiment", "list", "--url", "http://127.0.0.1:9");

        Assert.Equal((3, 3), (refused.Code, unreachable.Code));
        Assert.Contains("warning: all users of this machine can read --key", refused.Error, StringComparison.Ordinal);
        Assert.Contains("HPO_KEY", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", unreachable.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_of_a_server_on_this_machine_is_found_in_its_folder()
    {
        _hpo.Set("HPO_KEY", string.Empty);

        await _hpo.SucceedAsync("experiment", "list", "--url", Url, "--data", "server");
        CliResult without = await _hpo.RunAsync("experiment", "list", "--url", Url);
        CliResult elsewhere = await _hpo.RunAsync("experiment", "list", "--url", "https://hpo.invalid", "--data", "server");

        Assert.Equal((2, 2), (without.Code, elsewhere.Code));
        Assert.Contains("--key", elsewhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_options_and_project_are_told_together()
    {
        SmallProject.Write(_hpo, more: ", \"seed\": -1");

        CliResult result = await _hpo.RunAsync("run", SmallProject.Name, "--id", "NO", "--num_trials", "0");

        Assert.Equal(2, result.Code);
        Assert.Equal(["--num_trials", "hpo_config.seed", "--id"], result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1]));
    }

    [Theory]
    [InlineData("nonsense;AccountKey=c2VjcmV0", true)]
    [InlineData("nonsense", false)]
    public async Task A_key_on_the_command_line_is_warned_of_and_never_shown(string storage, bool warns)
    {
        CliResult result = await _hpo.RunAsync("serve", "--storage", storage);
        Assert.Equal(warns, result.Error.Contains("HPO_STORAGE_FILE", StringComparison.Ordinal) && result.Error.Contains("warning", StringComparison.Ordinal));
        Assert.DoesNotContain("c2VjcmV0", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port", "70000")]
    [InlineData("--storage", "nonsense")]
    public async Task Serve_refuses_what_cannot_be_served(string option, string value)
    {
        CliResult result = await _hpo.RunAsync("serve", option, value);

        Assert.Equal(2, result.Code);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("experiment", "list")]
    [InlineData("experiment", "tell", "mine")]
    [InlineData("workers")]
    [InlineData("worker")]
    public async Task The_key_goes_to_no_other_machine_in_clear(params string[] command)
    {
        CliResult refused = await _hpo.RunAsync([.. command, "--url", "http://hpo.invalid"]);
        _hpo.Set("HPO_URL", "http://hpo.invalid");
        CliResult byVariable = await _hpo.RunAsync(command);

        Assert.Equal((2, 2), (refused.Code, byVariable.Code));
        Assert.StartsWith("error: --url", refused.Error, StringComparison.Ordinal);
        Assert.Contains("HPO_ALLOW_HTTP", byVariable.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_goes_in_clear_where_that_is_allowed()
    {
        _hpo.Set("HPO_ALLOW_HTTP", "1");

        Assert.Equal(3, (await _hpo.RunAsync("experiment", "list", "--url", "http://hpo.invalid")).Code);
    }

    [Fact]
    public async Task Serve_takes_the_connection_string_from_the_environment()
    {
        string[] serve = ["serve", "--port", $"{_host!.BaseAddress!.Port}"]; // a taken port: without a connection string it ends with 3
        _hpo.Set("HPO_STORAGE_FILE", "storage.txt");
        CliResult missing = await _hpo.RunAsync(serve);
        _hpo.Write("storage.txt", "nonsense\n");
        CliResult byFile = await _hpo.RunAsync(serve);
        _hpo.Set("HPO_STORAGE_FILE", string.Empty);
        _hpo.Set("HPO_STORAGE", "nonsense");
        CliResult byVariable = await _hpo.RunAsync(serve);

        Assert.Equal((2, 2, 2), (missing.Code, byFile.Code, byVariable.Code));
        Assert.Contains("HPO_STORAGE_FILE", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_on_a_taken_port_ends_with_3()
    {
        CliResult result = await _hpo.RunAsync("serve", "--port", $"{_host!.BaseAddress!.Port}");

        Assert.Equal(3, result.Code);
        Assert.Contains($"{_host.BaseAddress.Port}", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement[] Lines(CliResult result) =>
        [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string[] Without(CliResult result, params string[] members) =>
        [.. JsonDocument.Parse(result.Output).RootElement.EnumerateObject().Where(m => !members.Contains(m.Name)).Select(m => $"{m.Name}: {m.Value.GetRawText()}")];

    private async Task UntilAsync(string status)
    {
        for (int look = 0; ; look++)
        {
            CliResult show = await _hpo.SucceedAsync("experiment", "show", "long", "--json");
            if (JsonDocument.Parse(show.Output).RootElement.GetProperty("status").GetString() == status)
            {
                return;
            }

            Assert.True(look < 1000, $"the experiment never was {status}");
            await Task.Delay(20);
        }
    }
}
