using HpoServerless.Functions.Services;

namespace HpoServerless.Functions.Tests.Services;

public sealed class ExperimentIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("Simple_Objective.v2", "simple-objective-v2-")]
    [InlineData("a", "a-")]
    public void Created_id_says_its_project(string project, string prefix)
    {
        string id = ExperimentIds.Create(project, Now);

        Assert.StartsWith(prefix, id);
        Assert.True(ExperimentIds.IsValid(id));
    }

    [Fact]
    public void Created_id_of_the_longest_name_is_valid() => Assert.True(ExperimentIds.IsValid(ExperimentIds.Create(new string('x', 100), Now)));

    [Fact]
    public void Created_ids_sort_by_time_and_differ_at_one_time()
    {
        Assert.True(string.CompareOrdinal(ExperimentIds.Create("p", Now), ExperimentIds.Create("p", Now.AddMilliseconds(1))) < 0);
        Assert.InRange(Enumerable.Range(0, 100).Select(_ => ExperimentIds.Create("p", Now)).Distinct().Count(), 95, 100);
    }

    [Fact]
    public void Seed_comes_from_the_id()
    {
        Assert.Equal(ExperimentIds.SeedOf("one"), ExperimentIds.SeedOf("one"));
        Assert.NotEqual(ExperimentIds.SeedOf("one"), ExperimentIds.SeedOf("two"));
        Assert.InRange(ExperimentIds.SeedOf("one"), 0UL, (ulong)long.MaxValue);
    }
}
