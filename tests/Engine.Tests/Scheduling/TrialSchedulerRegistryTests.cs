using System.Reflection;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Scheduling;

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
    public void Create_makes_the_scheduler_of_that_name(string name) => Assert.Equal(name, TrialSchedulerRegistry.Create(name, null).Name);

    [Fact]
    public void Create_refuses_an_unknown_scheduler_and_lists_the_known_ones()
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create("annealing", null)).Faults);

        Assert.All(TrialSchedulerRegistry.Names, known => Assert.Contains(known, fault.Rule, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_refuses_an_unknown_option(string name)
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create(name, Experiments.Given.Json("""{"unheard_of": 1}"""))).Faults);

        Assert.Equal("hpo_config.scheduler_param.unheard_of", fault.Path);
    }
}
