using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Population;

public sealed class Pb2Contract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("pb2", null);
}

/// <summary>What populations reach that no trial reaches alone.</summary>
public sealed class PopulationQualityTests
{
    private const int Population = 8;

    /// <summary>
    /// The toy of the paper's section 4.1: θ₀² + θ₁² is to be minimised, and each step follows the gradient of h₀θ₀² + h₁θ₁². With h = (1, 0) or (0, 1)
    /// all along a trial keeps 0.81 at least.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Two_trials_that_are_useless_alone_get_there_together(ulong seed)
    {
        ExperimentDefinition definition = Given.Definition(trials: 2, concurrent: 2) with
        {
            Space = SearchSpace.Parse("""{"h": {"method": "categorical", "dimension": {"categories": ["first", "second"]}}}"""),
            InitialPoints = [Configuration.Of(("h", ParameterValue.Of("first"))), Configuration.Of(("h", ParameterValue.Of("second")))],
            Scheduler = new("pbt", Given.Json("""{"max_t": 200, "perturbation_interval": 10, "resample_probability": 0, "hyperparam_mutations": {"h": ["first", "second"]}}""")),
            Seed = seed,
        };

        Assert.InRange(BestOfToy(definition with { Scheduler = new("none") }), 0.81, 1);
        Assert.InRange(BestOfToy(definition), 0, 0.2);
    }

    [Theory]
    [InlineData("pbt", 0.9)]
    [InlineData("pb2", 0.6)]
    public void Populations_get_further_than_random_search_at_equal_steps(string scheduler, double most)
    {
        double[] alone = [.. Enumerable.Range(0, 6).Select(seed => Noisy("none", (ulong)seed))];
        double[] together = [.. Enumerable.Range(0, 6).Select(seed => Noisy(scheduler, (ulong)seed))];

        Assert.All(together.Zip(alone), pair => Assert.True(pair.First < most * pair.Second, $"{pair.First} against {pair.Second}"));
        Assert.True(together.Sum() < 0.5 * alone.Sum());
    }

    [Fact]
    public void Pb2_repeats_itself() => Assert.Equal(Noisy("pb2", 3), Noisy("pb2", 3));

    private static double BestOfToy(ExperimentDefinition definition)
    {
        Training<(double A, double B)> training = new(
            definition,
            static _ => (0.9, 0.9),
            static (theta, config) => config["h"].ToString().Contains("first", StringComparison.Ordinal) ? (0.98 * theta.A, theta.B) : (theta.A, 0.97 * theta.B),
            static (theta, _) => [("loss", (theta.A * theta.A) + (theta.B * theta.B))])
        {
            LastStep = 200,
        };
        return training.Run().Play.State.Trials.Min(trial => trial.Value!.Value);
    }

    /// <summary>Stochastic gradient descent on a quadratic, as its expected loss: e ← (1 - lr)² e + lr². Large rates get down fast and stay above lr / 2, so the rate must fall.</summary>
    private static double Noisy(string scheduler, ulong seed)
    {
        ExperimentDefinition definition = Given.Definition(Population, Population) with
        {
            Space = SearchSpace.Parse("""{"lr": {"method": "loguniform", "dimension": {"low": 0.001, "high": 1}}, "other": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}"""),
            Scheduler = new(scheduler, scheduler == "none" ? null : Given.Json("""{"max_t": 100, "perturbation_interval": 5}""")),
            Seed = seed,
        };
        Training<double> training = new(
            definition,
            static _ => 1000,
            static (loss, config) => config["lr"].AsDouble() is var rate ? ((1 - rate) * (1 - rate) * loss) + (rate * rate) : loss,
            static (loss, _) => [("loss", loss)])
        {
            LastStep = 100,
        };
        training.Run();
        Assert.InRange(training.Steps, Population * 90, Population * 100); // who goes on from a state further on has that much less to do
        return training.Play.State.Trials.Min(trial => trial.Value!.Value);
    }
}
