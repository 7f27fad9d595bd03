using HpoServerless.Engine.Errors;
using static HpoServerless.Engine.Tests.Search.Evolution.SearchPlay;

namespace HpoServerless.Engine.Tests.Search.Evolution;

public sealed class NevergradFrontTests
{
    [Theory]
    [InlineData("{}", "random")]
    [InlineData("""{"method": "RandomSearch"}""", "random")]
    [InlineData("""{"method": "NGOpt"}""", "auto")]
    [InlineData("""{"method": "CMA"}""", "cmaes")]
    [InlineData("""{"method": "DiagonalCMA", "popsize": 10}""", "cmaes")]
    [InlineData("""{"method": "DE"}""", "de")]
    [InlineData("""{"method": "TwoPointsDE"}""", "de")]
    [InlineData("""{"method": "PSO"}""", "pso")]
    [InlineData("""{"method": "OnePlusOne"}""", "oneplusone")]
    [InlineData("""{"method": "NelderMead"}""", "nelder-mead")]
    [InlineData("""{"method": "ScrHammersleySearch"}""", "halton")]
    public void Method_names_an_algorithm(string options, string name) => Assert.Equal(name, Create("nevergrad", options, Cube(2)).Name);

    [Fact]
    public void An_unknown_method_is_refused_with_the_list()
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => Create("nevergrad", """{"method": "cma"}""", Cube(2))).Faults);

        Assert.Equal("hpo_config.algorithm_param.method", fault.Path);
        Assert.Contains("CMA", fault.Rule, StringComparison.Ordinal);
        Assert.Contains("NelderMead", fault.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_another_method_are_refused() =>
        Assert.Throws<InvalidInputException>(() => Create("nevergrad", """{"method": "PSO", "sigma0": 0.1}""", Cube(2)));
}
