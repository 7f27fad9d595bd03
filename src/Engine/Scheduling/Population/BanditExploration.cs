using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>The choices of <see cref="BanditExplorer"/> in one call: the model is fitted once, and believes every configuration that runs or was chosen to gain its mean.</summary>
internal sealed class BanditExploration(
    string name, PopulationOptions options, ImmutableArray<ExplorationAxis> axes, IExploration perturbing, SchedulerContext context, CurveTable curves) : IExploration
{
    private const int Window = 200;
    private const int FewestRows = 4;
    private const int Candidates = 300;

    private double[] _begins = [];
    private TimeVaryingGp? _model;
    private bool _isFitted;

    public Configuration Explore(Succession succession)
    {
        Configuration perturbed = perturbing.Explore(succession);
        Configuration donor = context.Trials.ConfigurationOf(succession.Donor);
        double[] chosen = axes.IsEmpty || Model() is not { } model ? Units(perturbed) : Best(model, succession, donor, perturbed);
        SearchSpace space = context.Space;
        return space.Compose(space.Activate(position => Value(space.Parameters[position], chosen, donor, perturbed)));
    }

    private ParameterValue Value(Parameter parameter, double[] chosen, Configuration donor, Configuration perturbed)
    {
        for (int axis = 0; axis < axes.Length; axis++)
        {
            if (ReferenceEquals(axes[axis].Parameter, parameter))
            {
                return axes[axis].At(chosen[axis]);
            }
        }

        // Numbers that the user gave no bounds for stay.
        return parameter.Nearest(0) is not null && donor.TryGetValue(parameter.Name, out ParameterValue kept) ? kept
            : perturbed.TryGetValue(parameter.Name, out ParameterValue value) ? value
            : parameter.Decode(0.5);
    }

    private double[] Best(TimeVaryingGp model, Succession succession, Configuration donor, Configuration perturbed)
    {
        double begin = curves.CurveOf(succession.Donor)!.At(succession.Step)!.Value.Value;
        double now = Time(options.NextAsk(succession.Step));
        double kappa = Math.Sqrt(0.2 + Math.Max(0, Math.Log(0.4 * _begins.Length)));
        SeededRandom random = SeededRandom.For(context.Seed, $"{name}-bandit-{succession.Step}", succession.Trial);
        double[] best = Proposals(Units(donor), Units(perturbed), random).MaxBy(point =>
        {
            (double mean, double deviation) = model.Predict(Row(point, begin), now);
            return mean + (kappa * deviation);
        })!;
        model.Believe(Row(best, begin), now);
        return best;
    }

    private TimeVaryingGp? Model()
    {
        if (_isFitted)
        {
            return _model;
        }

        _isFitted = true;
        IntervalResult[] rows = IntervalTable.Of(context, curves, options, Window);
        if (rows.Length < FewestRows)
        {
            return null;
        }

        _begins = [.. rows.Select(row => row.Begin).Order()];
        _model = TimeVaryingGp.Fit([.. rows.Select(row => (Row(Units(row.Configuration), row.Begin), Time(row.Step)))], [.. rows.Select(row => row.Gain)]);
        HashSet<int> asking = [.. context.Awaiting.Select(trial => trial.Trial)];
        foreach (int running in context.Running.Where(trial => !asking.Contains(trial)))
        {
            long step = context.Trials.LastStepOf(running);
            if (curves.CurveOf(running)?.At(step) is { } at)
            {
                _model.Believe(Row(Units(context.Trials.ConfigurationOf(running)), at.Value), Time(options.NextAsk(step)));
            }
        }

        return _model;
    }

    private double[] Row(double[] units, double begin)
    {
        int at = Array.BinarySearch(_begins, begin);
        return [.. units, (double)(at < 0 ? ~at : at) / _begins.Length];
    }

    private double Time(long step) => (double)step / options.Interval;

    private double[] Units(Configuration configuration) => [.. axes.Select(axis => axis.UnitIn(configuration))];

    private static IEnumerable<double[]> Proposals(double[] donor, double[] perturbed, SeededRandom random)
    {
        yield return perturbed;
        yield return donor;
        for (int i = 0; i < Candidates; i++)
        {
            bool isNear = i % 3 == 0;
            yield return [.. donor.Select(unit => isNear ? Math.Clamp(unit + (0.1 * random.NextGaussian()), 0, 1) : random.NextUnit())];
        }
    }
}
