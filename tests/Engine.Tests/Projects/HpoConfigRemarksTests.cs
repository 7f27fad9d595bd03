using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Projects;

/// <summary>Configurations that are allowed and hardly meant.</summary>
public sealed class HpoConfigRemarksTests
{
    [Theory]
    [InlineData("""{"scheduler_param": {"max_t": 27}}""", 1, "\"training_iteration\": 27}")]
    [InlineData("""{"scheduler": "asha", "scheduler_param": {"grace_period": 4, "brackets": 3}, "stop": {"training_iteration": 4}}""", 4, "\"training_iteration\": N}")]
    [InlineData("""{"scheduler": "median"}""", 1, "\"training_iteration\": N}")]
    [InlineData("""{"scheduler": "median", "scheduler_param": {"warmup_steps": 9}, "stop": {"training_iteration": 10, "loss": 0}}""", 10, "N being")]
    [InlineData("""{"scheduler": "pbt", "stop": {"training_iteration": 5}}""", 5, "pbt")]
    [InlineData("""{"scheduler": "hyperband", "scheduler_param": {"max_t": 9}, "stop": {"training_iteration": 1}}""", 1, "\"training_iteration\": 9}")]
    public void Trials_that_end_before_the_scheduler_looks_are_remarked(string hpo, long firstLook, string advice)
    {
        string remark = Assert.Single(HpoConfig.Parse(Given.Json(hpo)).Remarks());

        Assert.Contains($"at step {firstLook},", remark, StringComparison.Ordinal);
        Assert.Contains(advice, remark, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"scheduler": "none"}""")]
    [InlineData("""{"scheduler": "asynchyperband", "scheduler_param": {}}""")]
    [InlineData("""{"scheduler_param": {"max_t": 27}, "stop": {"training_iteration": 27}}""")]
    [InlineData("""{"scheduler_param": {"max_t": 27}, "stop": {}}""")]
    [InlineData("""{"scheduler": "median", "stop": {"loss": 0.1}}""")]
    [InlineData("""{"scheduler": "median", "stop": {"training_iteration": 2}}""")]
    [InlineData("""{"scheduler": "pbt"}""")]
    [InlineData("""{"scheduler": "hyperband"}""")]
    public void Nothing_is_said_of_what_makes_sense_or_was_not_chosen(string hpo) => Assert.Empty(HpoConfig.Parse(Given.Json(hpo)).Remarks());
}
