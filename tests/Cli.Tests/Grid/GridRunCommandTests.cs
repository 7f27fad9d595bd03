using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using HpoServerless.Cli.Tests.Run;

namespace HpoServerless.Cli.Tests.Grid;

public sealed class GridRunCommandTests : IDisposable
{
    private const string ReadsData =
        """
        import os
        def objective(config, reporter):
            assert os.environ["HPOGRID_WORK_DIR"] == os.environ["HPOGRID_DATA_DIR"]
            with open(os.path.join(os.environ["HPOGRID_DATA_DIR"], "data", "shift.txt")) as file:
                reporter(loss=(config["x"] - float(file.read())) ** 2)
        """;

    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Job_finds_its_data_and_leaves_its_metadata_and_nothing_that_was_unpacked()
    {
        SmallProject.Write(_hpo, ReadsData, trials: 6);
        Pack("inputs.tar.gz", "data/shift.txt", "2.5");

        CliResult result = await _hpo.SucceedAsync("grid_run", SmallProject.Name, "--seed", "3");

        JsonElement meta = Metadata();
        Assert.Equal("small", meta.GetProperty("project_name").GetString());
        Assert.Equal(["0", "1", "2", "3", "4", "5"], meta.GetProperty("result").EnumerateObject().Select(row => row.Name));
        JsonElement best = meta.GetProperty("result").EnumerateObject().Select(row => row.Value).MinBy(row => row.GetProperty("loss").GetDouble());
        Assert.Equal(best.GetProperty("x").GetDouble(), meta.GetProperty("best_config").GetProperty("x").GetDouble());
        Assert.All(meta.GetProperty("result").EnumerateObject(), row => Assert.Equal(Math.Pow(row.Value.GetProperty("x").GetDouble() - 2.5, 2), row.Value.GetProperty("loss").GetDouble(), 9));
        Assert.Contains("best loss", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_hpo.Folder, "data")));
        Assert.True(File.Exists(Path.Combine(_hpo.Folder, "inputs.tar.gz")));
    }

    [Fact]
    public async Task Failed_experiment_is_a_failure_and_its_data_is_removed_too()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    raise ValueError('no luck')\n", trials: 3);
        Pack("inputs.tar.gz", "data/shift.txt", "1");

        CliResult result = await _hpo.RunAsync("grid_run", SmallProject.Name);

        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.Empty(Metadata().GetProperty("result").EnumerateObject());
        Assert.Equal(JsonValueKind.Null, Metadata().GetProperty("best_config").ValueKind);
        Assert.False(Directory.Exists(Path.Combine(_hpo.Folder, "data")));
    }

    [Fact]
    public async Task Evil_archive_is_refused_before_anything_runs()
    {
        SmallProject.Write(_hpo);
        Pack("inputs.tar.gz", "../evil.txt", "1");

        CliResult result = await _hpo.RunAsync("grid_run", SmallProject.Name);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains("inputs.tar.gz/../evil.txt must be a relative path that stays inside the folder", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("userJobMetadata.json", _hpo.Files().Keys);
        Assert.Null(SmallProject.Journal(_hpo));
    }

    [Theory]
    [InlineData("hpo-data/sites.json")]
    [InlineData("small/scripts/helper.py")]
    [InlineData("config/project_config.json")]
    [InlineData("scripts/train.py")]
    [InlineData("userJobMetadata.json")]
    public async Task Input_data_cannot_set_up_the_run(string path)
    {
        SmallProject.Write(_hpo);
        Pack("inputs.tar.gz", path, "{}");

        CliResult result = await _hpo.RunAsync("grid_run", SmallProject.Name);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains($"inputs.tar.gz/{path} must not lie", result.Error, StringComparison.Ordinal);
        Assert.Null(SmallProject.Journal(_hpo));
    }

    [Fact]
    public async Task Sites_of_the_installation_play_no_part_inside_a_job()
    {
        SmallProject.Write(_hpo, trials: 2);
        _hpo.Write("hpo-data/sites.json", """{"local": {"type": "nonsense"}}""");

        await _hpo.SucceedAsync("grid_run", SmallProject.Name);

        Assert.Equal(2, Metadata().GetProperty("result").EnumerateObject().Count());
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData(SmallProject.Name, "--num_trials", "0")]
    [InlineData(SmallProject.Name, "--independent", "--n_jobs", "2")]
    [InlineData(SmallProject.Name, "--site", "grid")]
    public async Task Invalid_input_leaves_the_metadata_that_is_there(params string[] args)
    {
        SmallProject.Write(_hpo);
        _hpo.Write("userJobMetadata.json", "earlier");

        CliResult result = await _hpo.RunAsync(["grid_run", .. args]);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Equal("earlier", _hpo.Files()["userJobMetadata.json"]);
        Assert.Null(SmallProject.Journal(_hpo));
    }

    [Fact]
    public async Task Sites_of_the_project_play_no_part_inside_a_job()
    {
        SmallProject.Write(_hpo, trials: 2, more: """, "sites": ["a_grid"]""");

        await _hpo.SucceedAsync("grid_run", SmallProject.Name);

        Assert.Equal(2, Metadata().GetProperty("result").EnumerateObject().Count());
    }

    private JsonElement Metadata() => JsonDocument.Parse(_hpo.Files()["userJobMetadata.json"]).RootElement;

    private void Pack(string archive, string path, string content)
    {
        using TarWriter writer = new(new GZipStream(File.Create(Path.Combine(_hpo.Folder, archive)), CompressionLevel.Fastest));
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
    }
}
