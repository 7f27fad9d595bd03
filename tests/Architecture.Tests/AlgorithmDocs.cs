using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;

namespace HpoServerless.Architecture.Tests;

/// <summary>docs/algorithms.md knows every search algorithm, every trial scheduler and every option.</summary>
public sealed class AlgorithmDocs
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/algorithms.md"));

    public static TheoryData<string> Names => [.. SearcherRegistry.Names];

    public static TheoryData<string> Schedulers => [.. TrialSchedulerRegistry.Names];

    public static TheoryData<string> OtherNames => [.. SearcherRegistry.Fronts, .. SearcherRegistry.Aliases.Select(alias => alias.Alias)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_algorithm_has_a_section_with_its_options(string name)
    {
        string[] parts = Page.Split($"\n## {name}\n");
        Assert.True(parts.Length == 2, $"'## {name}' is missing or there twice");
        string section = parts[1].Split("\n## ")[0];

        Assert.All(SearcherRegistry.OptionsOf(name), option => Assert.Contains($"`{option.Name}`", section, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Every_scheduler_has_a_section_with_its_options(string name)
    {
        string[] parts = Page.Split($"\n### {name}\n");
        Assert.True(parts.Length == 2, $"'### {name}' is missing or there twice");
        string section = parts[1].Split("\n## ")[0].Split("\n### ")[0];

        Assert.All(TrialSchedulerRegistry.OptionsOf(name), option => Assert.Contains($"`{option.Name}`", section, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(OtherNames))]
    public void Every_other_name_is_explained(string name) => Assert.Contains($"`{name}`", Page, StringComparison.Ordinal);

    [Fact]
    public void No_section_is_about_what_does_not_exist()
    {
        string[] others = ["Which one", "What all of them do", "Trial schedulers", "Names of other packages", "Adding one"];
        IEnumerable<string> sections = Page.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);

        Assert.Equal(SearcherRegistry.Names.Order(), sections.Except(others).Order());
        Assert.Equal(TrialSchedulerRegistry.Names.Order(), Page.Split('\n').Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => line[4..]).Order());
        Assert.NotEmpty(SearcherRegistry.Names.SelectMany(name => SearcherRegistry.OptionsOf(name)));
    }
}
