using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling;

public sealed class TrialSchedulerRegistryTests
{
    public static TheoryData<string> Names => [.. TrialSchedulerRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_scheduler_has_a_contract_class(string name)
    {
        IEnumerable<string> covered = typeof(TrialSchedulerRegistryTests).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(TrialSchedulerContract)) && !type.IsAbstract)
            .Select(type => ((ITrialScheduler)typeof(TrialSchedulerContract).GetMethod("Create", BindingFlags.Instance | BindingFlags.NonPublic)!
                .Invoke(Activator.CreateInstance(type), null)!).Name);

        Assert.Contains(name, covered);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_makes_the_scheduler_of_that_name(string name) => Assert.Equal(name, TrialSchedulerRegistry.Create(name, Needed(name)).Name);

    [Fact]
    public void Create_refuses_an_unknown_scheduler_and_lists_the_known_ones()
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create("annealing", null)).Faults);

        Assert.All(TrialSchedulerRegistry.Names, known => Assert.Contains(known, fault.Rule, StringComparison.Ordinal));
        Assert.All((string[])["asha", "hb_bohb", "ultraopt_hyperband"], alias => Assert.Contains(alias, fault.Rule, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_refuses_an_unknown_option(string name)
    {
        JsonObject options = JsonObject.Create(Needed(name)) ?? [];
        options["unheard_of"] = 1;

        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create(name, JsonSerializer.SerializeToElement(options))).Faults);

        Assert.Equal("hpo_config.scheduler_param.unheard_of", fault.Path);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Options_are_known_without_any_being_given(string name) =>
        Assert.Equal(name == "none", TrialSchedulerRegistry.OptionsOf(name).IsEmpty);

    [Fact]
    public void All_faults_of_options_and_space_are_reported_at_once()
    {
        JsonElement options = Given.Json("""{"quantile_fraction": 0.9, "hyperparam_mutations": {"x": [], "y": [1], "z": []}}""");

        IEnumerable<string> paths = TrialSchedulerRegistry.FaultsOf("pbt", options, SchedulerPlay.Space).Select(fault => fault.Path["hpo_config.scheduler_param.".Length..]);

        Assert.Equal(["hyperparam_mutations.x", "hyperparam_mutations.y", "hyperparam_mutations.z", "hyperparam_mutations.z", "quantile_fraction"], paths.Order());
    }

    private static JsonElement Needed(string name) => Given.Json(name == "custom_brackets" ? """{"num_configs_list": [2, 1], "budgets_list": [1, 2]}""" : "{}");
}
