using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Projects;

public sealed class ProjectLoaderTests : IDisposable
{
    private const string Model = """{"script": "train.py", "model": "f"}""";
    private const string Space = """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""";
    private const string Whole = $$"""{"project_name": "whole", "scripts_path": "code", "model_config": {{Model}}, "search_space": {{Space}}}""";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("config/")]
    public void Load_folder_with_separate_files(string place)
    {
        _folder.Write($"my example/{place}model_config.json", Model);
        _folder.Write($"my example/{place}search_space.yml", "x: {method: uniform, dimension: {low: 0, high: 1}}");
        _folder.Write($"my example/{place}hpo_config.yaml", "num_trials: 7\nscheduler: null\n");
        _folder.Write("my example/train.py", string.Empty);

        LoadedProject project = Load("my example");

        Assert.Equal("my_example", project.Document.Name);
        Assert.Equal(7, project.Document.Hpo.NumTrials);
        Assert.Equal("none", project.Document.Hpo.Scheduler);
        Assert.Equal(Path.Combine(_folder.Path, "my example"), project.ScriptsFolder);
    }

    [Fact]
    public void Load_folder_prefers_its_scripts_folder()
    {
        _folder.Write("e/model_config.json", Model);
        _folder.Write("e/search_space.json", Space);
        _folder.Write("e/scripts/train.py", string.Empty);

        Assert.Equal(Path.Combine(_folder.Path, "e", "scripts"), Load("e/").ScriptsFolder);
    }

    [Theory]
    [InlineData("project_config.json")]
    [InlineData("config.json")]
    public void Load_folder_of_a_project(string file)
    {
        _folder.Write($"p/config/{file}", Whole);
        _folder.Write("p/scripts/train.py", string.Empty);

        LoadedProject project = Load("p");

        Assert.Equal("whole", project.Document.Name);
        Assert.Equal(Path.Combine(_folder.Path, "p", "scripts"), project.ScriptsFolder);
    }

    [Fact]
    public void Load_file_takes_its_scripts_relative_to_itself()
    {
        _folder.Write("some/where/project.json", Whole);
        _folder.Write("some/where/code/train.py", string.Empty);

        Assert.Equal(Path.Combine(_folder.Path, "some", "where", "code"), Load("some/where/project.json").ScriptsFolder);
    }

    [Fact]
    public void Load_yaml_file_reads_the_same_as_json()
    {
        _folder.Write("p.yaml", "project_name: whole\nscripts_path: code\nmodel_config: {script: train.py, model: f}\nsearch_space:\n  x: {method: uniform, dimension: {low: 0, high: 1}}\n");
        _folder.Write("p.json", Whole);
        _folder.Write("code/train.py", string.Empty);

        Assert.Equal(Load("p.json").Document.ToJson().GetRawText(), Load("p.yaml").Document.ToJson().GetRawText());
    }

    [Fact]
    public void Load_name_finds_the_stored_project_before_a_folder_of_the_same_name()
    {
        _folder.Write("base/project/p/config/project_config.json", Whole);
        _folder.Write("base/project/p/scripts/train.py", string.Empty);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "p"));

        Assert.Equal(Path.Combine(_folder.Path, "base", "project", "p", "scripts"), Load("p").ScriptsFolder);
    }

    [Theory]
    [InlineData("nothing", "project")]
    [InlineData("empty", "model_config")]
    [InlineData("text.txt", "project")]
    [InlineData("noscript", "model_config.script")]
    [InlineData("nofolder.json", "scripts_path")]
    public void Load_says_what_is_missing(string project, string path)
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "empty"));
        _folder.Write("text.txt", Whole);
        _folder.Write("noscript/model_config.json", Model);
        _folder.Write("noscript/search_space.json", Space);
        _folder.Write("nofolder.json", Whole);

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Load(project));

        Assert.Contains(path, error.Faults.Select(fault => fault.Path));
    }

    [Fact]
    public void Load_refuses_a_configuration_that_is_there_twice()
    {
        _folder.Write("e/model_config.json", Model);
        _folder.Write("e/model_config.yaml", Model);
        _folder.Write("e/search_space.json", Space);

        Assert.Equal("model_config", Assert.Single(Assert.Throws<InvalidInputException>(() => Load("e")).Faults).Path);
    }

    [Fact]
    public void Load_reports_the_faults_of_separate_files_together()
    {
        _folder.Write("e/model_config.json", """{"model": 3}""");
        _folder.Write("e/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": 1, "high": 0}}}""");
        _folder.Write("e/hpo_config.json", """{"num_trials": 0}""");

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Load("e"));

        Assert.Contains("hpo_config.num_trials", error.Faults.Select(fault => fault.Path));
        Assert.Contains("model_config.model", error.Faults.Select(fault => fault.Path));
        Assert.Contains(error.Faults, fault => fault.Path.StartsWith("search_space.x", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HPO", "/own")]
    [InlineData("HPOGRID", "/grid")]
    [InlineData("", "/here")]
    public void FromEnvironment_prefers_the_own_variable(string from, string expected)
    {
        Dictionary<string, string> variables = from switch
        {
            "HPO" => new() { ["HPO_BASE_PATH"] = "/own", ["HPOGRID_BASE_PATH"] = "/grid" },
            "HPOGRID" => new() { ["HPOGRID_BASE_PATH"] = "/grid" },
            _ => [],
        };

        Assert.Equal(expected, HpoFolder.FromEnvironment(variables.GetValueOrDefault, "/here").BasePath);
    }

    private LoadedProject Load(string project) => new ProjectLoader(new(Path.Combine(_folder.Path, "base")), _folder.Path).Load(project);
}
