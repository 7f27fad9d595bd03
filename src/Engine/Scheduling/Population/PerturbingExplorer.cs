using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>Explores near the donor's configuration: numbers times a factor, neighbours in lists, and now and then a fresh draw.</summary>
/// <param name="name">Name of the random stream.</param>
/// <param name="rules">Which hyperparameters change, and how.</param>
/// <param name="resample">Probability of a fresh draw of a hyperparameter, in [0, 1].</param>
/// <param name="factors">At least one; above 0.</param>
internal sealed class PerturbingExplorer(string name, MutationRules rules, double resample, ImmutableArray<double> factors) : IExplorer
{
    /// <summary>What numbers are multiplied by unless the user says otherwise.</summary>
    public static readonly ImmutableArray<double> UsualFactors = [1.2, 0.8];

    public static PerturbingExplorer Read(string name, OptionReader options)
    {
        const string rule = "must be a list of numbers above 0";
        double resample = options.Number("resample_probability", 0.25, v => v is >= 0 and <= 1, "must be from 0 to 1");
        ImmutableArray<ImmutableArray<double>> given = options.NumberLists("perturbation_factors", [UsualFactors], factor => factor > 0, rule);
        if (given.Length > 1)
        {
            options.Fault("perturbation_factors", null, rule);
        }

        ImmutableArray<double> factors = given.IsEmpty ? UsualFactors : given[0];
        return new(name, MutationRules.Read(options), resample, factors);
    }

    public IEnumerable<Fault> FaultsIn(SearchSpace space) => rules.FaultsIn(space);

    public IExploration Open(SchedulerContext context, CurveTable curves) => new Exploration(this, context);

    private Configuration Explore(SchedulerContext context, Succession succession)
    {
        SearchSpace space = context.Space;
        Configuration donor = context.Trials.ConfigurationOf(succession.Donor);
        SeededRandom random = SeededRandom.For(context.Seed, $"{name}-explore-{succession.Step}", succession.Trial);
        return space.Compose(space.Activate(position =>
        {
            Parameter parameter = space.Parameters[position];
            Mutation? mutation = rules.Of(parameter);
            bool isFresh = random.NextUnit() < resample;
            return !donor.TryGetValue(parameter.Name, out ParameterValue value) ? (mutation ?? new Mutation(parameter)).Draw(random)
                : mutation is null ? value
                : isFresh ? mutation.Draw(random)
                : mutation.Perturb(value, factors, random);
        }));
    }

    private sealed class Exploration(PerturbingExplorer explorer, SchedulerContext context) : IExploration
    {
        public Configuration Explore(Succession succession) => explorer.Explore(context, succession);
    }
}
