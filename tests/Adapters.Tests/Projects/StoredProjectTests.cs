using System.Text.Json;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Tests.Projects;

public sealed class StoredProjectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ProjectFiles _projects;
    private readonly ConfigurationFiles _configurations;

    public StoredProjectTests()
    {
        _projects = new(new(_folder.Path), new FixedClock());
        _configurations = new(new(_folder.Path), ConfigurationKind.Hpo);
        _folder.Write("code/train.py", "one");
        _folder.Write("code/deep/more.py", "two");
        _folder.Write("code/__pycache__/train.pyc", "no");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Create_stores_the_completed_document_and_never_twice()
    {
        _configurations.Create("a", Json("""{"num_trials": 5}"""));

        Assert.Throws<ConflictException>(() => _configurations.Create("a", Json("""{"num_trials": 6}""")));
        Assert.Equal(5, _configurations.Read("a").GetProperty("num_trials").GetInt32());
        Assert.Equal("accuracy", _configurations.Read("a").GetProperty("metric").GetString());
    }

    [Fact]
    public void Replace_invalid_document_changes_nothing()
    {
        _configurations.Create("a", Json("""{"num_trials": 5}"""));
        string before = File.ReadAllText(_configurations.Where("a"));

        Assert.Throws<InvalidInputException>(() => _configurations.Replace("a", Json("""{"num_trials": 0}""")));

        Assert.Equal(before, File.ReadAllText(_configurations.Where("a")));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(_configurations.Where("a"))!));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("a/b")]
    [InlineData("é")]
    public void Create_refuses_a_name_that_is_no_file_name(string name) =>
        Assert.Throws<InvalidInputException>(() => _configurations.Create(name, Json("{}")));

    [Fact]
    public void Remove_takes_all_that_match()
    {
        foreach (string name in new[] { "a1", "a2", "b" })
        {
            _configurations.Create(name, Json("{}"));
        }

        Assert.Equal(["a1", "a2"], _configurations.Remove("a*"));
        Assert.Equal(["b"], _configurations.List());
        Assert.Throws<InvalidInputException>(() => _configurations.Remove("a*"));
    }

    [Fact]
    public void Replace_project_copies_the_scripts_and_backs_up_the_old_one()
    {
        Assert.Null(_projects.Replace(Project(5), Path.Combine(_folder.Path, "code")));
        _folder.Write("code/train.py", "changed");

        string? backup = _projects.Replace(Project(6), Path.Combine(_folder.Path, "code"));

        Assert.Equal(Path.Combine(_folder.Path, "project", "backup", "p_20260102030405"), backup);
        Assert.Equal("one", File.ReadAllText(Path.Combine(backup!, "scripts", "train.py")));
        Assert.Equal("changed", File.ReadAllText(Path.Combine(_projects.Where("p"), "scripts", "train.py")));
        Assert.Equal("two", File.ReadAllText(Path.Combine(_projects.Where("p"), "scripts", "deep", "more.py")));
        Assert.False(Directory.Exists(Path.Combine(_projects.Where("p"), "scripts", "__pycache__")));
        Assert.Equal(["p"], _projects.List());
    }

    [Fact]
    public void Replace_project_writes_the_same_document_as_json_and_yaml()
    {
        _projects.Replace(Project(5), Path.Combine(_folder.Path, "code"));
        string config = Path.Combine(_projects.Where("p"), "config");

        JsonElement json = DocumentText.ReadFile(Path.Combine(config, "project_config.json"));
        Assert.True(JsonElement.DeepEquals(json, DocumentText.ReadFile(Path.Combine(config, "project_config.yaml"))));
        Assert.True(JsonElement.DeepEquals(json.GetProperty("search_space"), DocumentText.ReadFile(Path.Combine(config, "search_space.json"))));
    }

    [Fact]
    public void Replace_project_without_its_script_changes_nothing()
    {
        _projects.Replace(Project(5), Path.Combine(_folder.Path, "code"));

        Assert.Throws<InvalidInputException>(() => _projects.Replace(Project(6), Path.Combine(_folder.Path, "code", "deep")));

        Assert.Equal(5, _projects.Read("p").GetProperty("hpo_config").GetProperty("num_trials").GetInt32());
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "project", "backup")));
    }

    [Fact]
    public void Remove_project_keeps_every_one_in_the_backups()
    {
        _projects.Replace(Project(5), Path.Combine(_folder.Path, "code"));
        string first = Assert.Single(_projects.Remove("p")).Backup;
        _projects.Replace(Project(6), Path.Combine(_folder.Path, "code"));
        string second = Assert.Single(_projects.Remove("?")).Backup;

        Assert.NotEqual(first, second);
        Assert.True(Directory.Exists(first) && Directory.Exists(second));
        Assert.Empty(_projects.List());
    }

    private static ProjectDocument Project(int trials) => ProjectDocument.Parse(Json($$$"""
        {"project_name": "p", "model_config": {"script": "train", "model": "f"},
         "search_space": {"x": {"method": "uniform", "dimension": {"low": 0, "high": 1e-7}} }, "hpo_config": {"num_trials": {{{trials}}} } }
        """));

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }
}
