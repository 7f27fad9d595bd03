using System.Text.Json;
using HpoServerless.Adapters.Projects;

namespace HpoServerless.Cli.Tests.Commands;

public sealed class ProjectCommandsTests : IAsyncLifetime
{
    private readonly CliRunner _hpo = new();

    public async ValueTask InitializeAsync()
    {
        _hpo.Write("code/train.py", "def f(config, reporter): reporter(accuracy=1)");
        await _hpo.SucceedAsync("hpo_config", "create", "h", "-n", "20");
        await _hpo.SucceedAsync("grid_config", "create", "g", "-s", "A");
        await _hpo.SucceedAsync("model_config", "create", "m", "-s", "train.py", "-m", "f");
        await _hpo.SucceedAsync("search_space", "create", "s", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");
    }

    public ValueTask DisposeAsync()
    {
        _hpo.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Create_embeds_the_configurations_by_value_and_copies_the_scripts()
    {
        await _hpo.SucceedAsync("project", "create", "p", "-p", "code", "-o", "h", "-g", "g", "-m", "m", "-s", "s");
        await _hpo.SucceedAsync("hpo_config", "update", "h", "-n", "99");
        _hpo.Write("code/train.py", "changed");

        JsonElement project = await _hpo.ShowAsync("project", "p");
        Assert.Equal(["project_name", "scripts_path", "model_config", "search_space", "hpo_config", "grid_config"], project.EnumerateObject().Select(member => member.Name));
        Assert.Equal(20, project.GetProperty("hpo_config").GetProperty("num_trials").GetInt32());
        Assert.StartsWith("def f", _hpo.Files()[Path.Combine("project", "p", "scripts", "train.py")], StringComparison.Ordinal);
        Assert.Equal("p", new ProjectLoader(_hpo.Layout, _hpo.Folder).Load("p").Document.Name);
    }

    [Fact]
    public async Task Create_with_long_options_and_defaults()
    {
        await _hpo.SucceedAsync("project", "create", "p", "--scripts_path", "code", "--model_config", "m", "--search_space", "s");

        Assert.Equal(100, (await _hpo.ShowAsync("project", "p")).GetProperty("hpo_config").GetProperty("num_trials").GetInt32());
    }

    [Fact]
    public async Task Create_over_an_existing_name_changes_nothing()
    {
        await _hpo.SucceedAsync("project", "create", "p", "-p", "code", "-m", "m", "-s", "s");
        SortedDictionary<string, string> before = _hpo.Files();

        CliResult result = await _hpo.RunAsync("project", "create", "p", "-p", "code", "-o", "h", "-m", "m", "-s", "s");

        Assert.Equal(2, result.Code);
        Assert.Equal(before, _hpo.Files());
    }

    [Fact]
    public async Task Recreate_keeps_the_old_project_in_a_backup()
    {
        await _hpo.SucceedAsync("project", "create", "p", "-p", "code", "-m", "m", "-s", "s");

        await _hpo.SucceedAsync("project", "recreate", "p", "-p", "code", "-o", "h", "-m", "m", "-s", "s");

        string backup = Assert.Single(Directory.GetDirectories(Path.Combine(_hpo.Folder, "project", "backup")));
        Assert.Matches("^p_[0-9]{14}$", Path.GetFileName(backup));
        Assert.Contains("\"num_trials\": 100", File.ReadAllText(Path.Combine(backup, "config", "project_config.json")), StringComparison.Ordinal);
        Assert.Equal(20, (await _hpo.ShowAsync("project", "p")).GetProperty("hpo_config").GetProperty("num_trials").GetInt32());
        Assert.Equal("p", (await _hpo.SucceedAsync("project", "list")).Output.Trim());
    }

    [Fact]
    public async Task Update_changes_what_is_given_and_keeps_the_rest()
    {
        await _hpo.SucceedAsync("project", "create", "p", "-p", "code", "-g", "g", "-m", "m", "-s", "s");

        await _hpo.SucceedAsync("project", "update", "p", "-o", "h");

        JsonElement project = await _hpo.ShowAsync("project", "p");
        Assert.Equal(20, project.GetProperty("hpo_config").GetProperty("num_trials").GetInt32());
        Assert.Equal("A", project.GetProperty("grid_config").GetProperty("site").GetString());
    }

    [Theory]
    [InlineData("--scripts_path", "-m", "m", "-s", "s")]
    [InlineData("--model_config", "-p", "code", "-s", "s")]
    [InlineData("--search_space", "-p", "code", "-m", "m")]
    [InlineData("hpo_config name", "-p", "code", "-o", "nothing", "-m", "m", "-s", "s")]
    [InlineData("scripts_path", "-p", "nowhere", "-m", "m", "-s", "s")]
    [InlineData("model_config.script", "-p", "config", "-m", "m", "-s", "s")]
    public async Task Create_incomplete_project_ends_with_2_and_makes_nothing(string place, params string[] options)
    {
        CliResult result = await _hpo.RunAsync(["project", "create", "p", .. options]);

        Assert.Equal(2, result.Code);
        Assert.Contains($"error: {place} ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_hpo.Files().Keys, file => file.StartsWith("project", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Remove_moves_the_project_to_the_backups()
    {
        await _hpo.SucceedAsync("project", "create", "p", "-p", "code", "-m", "m", "-s", "s");

        await _hpo.SucceedAsync("project", "remove", "p*");

        Assert.Empty((await _hpo.SucceedAsync("project", "list")).Output);
        Assert.Equal(2, (await _hpo.RunAsync("project", "where", "p")).Code);
        Assert.Single(Directory.GetDirectories(Path.Combine(_hpo.Folder, "project", "backup")));
    }

    [Fact]
    public async Task Missing_project_names_the_near_ones()
    {
        await _hpo.SucceedAsync("project", "create", "mnist_cnn", "-p", "code", "-m", "m", "-s", "s");

        Assert.Contains("mnist_cnn", (await _hpo.RunAsync("project", "show", "mnits_cnn")).Error, StringComparison.Ordinal);
    }
}
