using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Cli.Tests;

/// <summary>Every example is a project that can run; those in <c>aup</c> are experiment files of Auptimizer.</summary>
public sealed class ExamplesTests
{
    public static TheoryData<string> Examples() => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "examples")).Select(folder => Path.GetFileName(folder)).Where(name => name is not ("aup" or "ask_tell"))];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_loads_and_makes_a_definition(string example)
    {
        LoadedProject project = Load(example);

        ExperimentDefinition definition = project.Document.ToDefinition("scripts", RunOverrides.None, 1);

        Assert.Equal(example, definition.Project);
        Assert.True(File.Exists(Path.Combine(Repository.Root, "examples", example, "README.md")));
    }

    [Fact]
    public void Simple_objective_is_the_documented_experiment()
    {
        ProjectDocument project = Load("simple_objective").Document;

        Assert.Equal(("loss", OptimizationMode.Min, 200, 3), (project.Hpo.Metric, project.Hpo.Mode, project.Hpo.NumTrials, project.Hpo.MaxConcurrent));
    }

    [Fact]
    public void Simple_trainable_can_draw_the_beta_that_fails()
    {
        ProjectDocument project = Load("simple_trainable").Document;
        double beta = Enumerable.Range(0, 6).Count(i => project.Space.Decode([0.5, (i + 0.5) / 6])["beta"].ToJson() == "0");

        Assert.Equal(1, beta);
    }

    private static LoadedProject Load(string example) => new ProjectLoader(new(Repository.Root), Repository.Root).Load(Path.Combine("examples", example));
}
