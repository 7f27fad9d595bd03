using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>What CMA-ES has learnt from the observations so far. Never changes once made.</summary>
internal sealed record CmaesState
{
    private CmaesState(CmaesPlan plan, CmaesRun run) =>
        (Plan, Run, Constants, Categories) = (plan, run, plan.Constants(run.Population), CategoryModel.Uniform(plan.NominalAxes));

    public CmaesPlan Plan { get; private init; }

    /// <summary>Which run this is: the first one or a restart.</summary>
    public CmaesRun Run { get; private init; }

    /// <summary>The distribution of the numeric coordinates; null while there are too few points to begin.</summary>
    public Gaussian? Model { get; private init; }

    /// <summary>That of the nominal ones.</summary>
    public CategoryModel Categories { get; private init; }

    /// <summary>Points of the generation that is not full yet.</summary>
    public ImmutableArray<EvaluatedPoint> Waiting { get; private init; } = [];

    private CmaesConstants Constants { get; init; }

    /// <summary>Best value of each of the last generations.</summary>
    private ImmutableArray<double> Bests { get; init; } = [];

    /// <summary>Nothing is known.</summary>
    public static CmaesState Start(SpaceAxes axes, ulong seed, CmaesOptions options)
    {
        CmaesPlan plan = new(axes, seed, options);
        return new(plan, CmaesRun.First(plan.Population, options.Sigma0));
    }

    /// <summary>Takes in one more point.</summary>
    public CmaesState Add(EvaluatedPoint point)
    {
        CmaesState state = this with { Waiting = Waiting.Add(point) };
        return Model is null
            ? state.Waiting.Length < Plan.Startup ? state : state.Begin()
            : state.Waiting.Length < Run.Population ? state : state.NextGeneration();
    }

    /// <summary>A candidate.</summary>
    /// <param name="uniform">One number in [0, 1) for each coordinate of the space; shape [d].</param>
    /// <param name="stretch">How many times wider than the distribution.</param>
    /// <returns>Shape [d].</returns>
    public double[] Sample(double[] uniform, double stretch)
    {
        double[] unit = [.. uniform];
        double[] z = [.. Plan.Numeric.Select(i => Normal.Quantile(Math.Clamp(uniform[i], 1e-12, 1 - 1e-12)))];
        double[] point = Model!.At(Model.Shape(z), stretch);
        for (int i = 0; i < point.Length; i++)
        {
            unit[Plan.Numeric[i]] = Plan.NumericAxes[i].Levels > 0 ? Math.Clamp(point[i], 0, 1) : Inside(point[i], i);
        }

        for (int i = 0; i < Plan.Nominal.Length; i++)
        {
            // A stretched draw mixes in some of the uniform distribution.
            double even = uniform[Plan.Nominal[i]];
            int level = stretch > 1 && (even * 7919) % 1 < 1 - (1 / stretch) ? Plan.NominalAxes[i].LevelOf(even) : Categories.Draw(i, even);
            unit[Plan.Nominal[i]] = Plan.NominalAxes[i].Centres[level];
        }

        return unit;
    }

    /// <summary>Brings a coordinate into the box: onto the border if the mean is close to it, so that an optimum there can be reached, else mirrored.</summary>
    private double Inside(double x, int coordinate)
    {
        if (x is >= 0 and <= 1)
        {
            return x;
        }

        double border = x < 0 ? 0 : 1;
        double folded = Math.Abs(x) % 2;
        return Math.Abs(Model!.Mean[coordinate] - border) < Model.Deviation(coordinate) ? border : folded <= 1 ? folded : 2 - folded;
    }

    /// <summary>Starts at the best point so far; if all failed, waits for more.</summary>
    private CmaesState Begin()
    {
        if (Merit.Best(Waiting) is null)
        {
            return this with { Waiting = [] };
        }

        double[] mean = [.. Plan.Numeric.Select(i => Merit.Best(Waiting.Where(point => !double.IsNaN(point.Unit[i])))?.Unit[i] ?? 0.5)];
        (EvaluatedPoint[] ranked, double[] weights) = Rank(Waiting, Plan.Constants(Waiting.Length).Weights);
        return this with
        {
            Model = Gaussian.Round(mean, Run.Sigma, Plan.IsSeparable),
            Categories = Categories.Next(weights, Levels(ranked), CategoryRate),
            Waiting = [],
        };
    }

    private CmaesState NextGeneration()
    {
        (EvaluatedPoint[] ranked, double[] weights) = Rank(Waiting, Constants.Weights);
        double[][] moves = [.. ranked.Select(point => Model!.StepTo([.. Plan.Numeric.Select((axis, i) => Locate(point, axis, i))]))];
        double[][] steps = [.. ranked.Select((point, k) => FillIn(point, moves[k]))];
        for (int k = 0; k < steps.Length; k++)
        {
            double tooLong = Model!.Length(steps[k]) / Constants.LongestStep;
            if (tooLong > 1)
            {
                steps[k] = [.. steps[k].Select(value => value / tooLong)];
                moves[k] = [.. moves[k].Select(value => value / tooLong)];
            }
        }

        double alpha = 1.0 / (Math.Max(1, Plan.Numeric.Length) * Run.Population);
        Gaussian model = Margin.Correct(Model!.Next(Constants, weights, steps, moves).Within(1), Plan.NumericAxes, alpha);
        CmaesState next = this with
        {
            Model = model,
            Categories = Categories.Next(weights, Levels(ranked), CategoryRate),
            Waiting = [],
            Bests = [.. Bests.TakeLast(HistoryLength - 1), ranked[0].Value ?? double.PositiveInfinity],
        };
        return Plan.Options.Restarts == RestartStrategy.None || !next.HasConverged(ranked) ? next : next.Restart();
    }

    private int HistoryLength => 10 + (30 * Math.Max(1, Plan.Numeric.Length) / Run.Population);

    /// <summary>Too narrow to find anything else, or only equal values for many generations.</summary>
    private bool HasConverged(EvaluatedPoint[] ranked)
    {
        int[] continuous = [.. Enumerable.Range(0, Plan.Numeric.Length).Where(i => Plan.NumericAxes[i].Levels == 0)];
        bool narrow = continuous.Length > 0 && continuous.All(i => Model!.Deviation(i) < 1e-9);
        double worst = Math.Max(Bests.Max(), ranked[^1].Value ?? double.PositiveInfinity);
        bool flat = Bests.Length >= HistoryLength && worst - Bests.Min() <= 1e-12 * Math.Abs(worst);
        return narrow || flat || Model!.AxisRatio > 1e7;
    }

    private CmaesState Restart()
    {
        CmaesRun run = Run.Next(Plan, Model!.Generation);
        SeededRandom random = SeededRandom.For(Plan.Seed, "cmaes-restart", run.Number);
        return new(Plan, run)
        {
            Model = Gaussian.Round([.. Plan.Numeric.Select(_ => random.NextUnit())], run.Sigma, Plan.IsSeparable),
        };
    }

    /// <summary>Sorts points and gives equal ones the mean of their weights, so that a plateau pulls nowhere.</summary>
    private static (EvaluatedPoint[] Ranked, double[] Weights) Rank(ImmutableArray<EvaluatedPoint> points, double[] byRank)
    {
        EvaluatedPoint[] ranked = [.. points.OrderBy(point => point, Merit.BestFirst)];
        double[] weights = new double[ranked.Length];
        for (int first = 0, last; first < ranked.Length; first = last)
        {
            last = first + 1;
            while (last < ranked.Length && Merit.BestFirst.Compare(ranked[first], ranked[last]) == 0)
            {
                last++;
            }

            weights.AsSpan(first..last).Fill(byRank[first..last].Average());
        }

        return (ranked, weights);
    }

    /// <summary>Where a point lies on a numeric coordinate. Of a cell, only the evaluated value is known: a place in it is drawn as the distribution would have.</summary>
    private double Locate(EvaluatedPoint point, int axis, int coordinate)
    {
        double unit = point.Unit[axis];
        Axis numeric = Plan.NumericAxes[coordinate];
        if (double.IsNaN(unit) || numeric.Levels == 0)
        {
            return unit;
        }

        int level = numeric.LevelOf(unit);
        double mean = Model!.Mean[coordinate];
        double deviation = Model.Deviation(coordinate);
        double low = level == 0 ? 0 : Normal.Cdf((numeric.Edges[level] - mean) / deviation);
        double high = level == numeric.Levels - 1 ? 1 : Normal.Cdf((numeric.Edges[level + 1] - mean) / deviation);
        if (high - low < 1e-9)
        {
            return unit;
        }

        double draw = SeededRandom.For(Plan.Seed, "cmaes-cell", ((long)point.Trial * Plan.Axes.Dimension) + axis).NextUnit();
        return mean + (deviation * Normal.Quantile(Math.Clamp(low + (draw * (high - low)), 1e-12, 1 - 1e-12)));
    }

    /// <summary>A step whose inactive coordinates are those of a random draw, so that they change neither covariance nor step size on average.</summary>
    private double[] FillIn(EvaluatedPoint point, double[] move)
    {
        if (!Plan.Axes.Space.IsConditional)
        {
            return [.. move];
        }

        SeededRandom random = SeededRandom.For(Plan.Seed, "cmaes-inactive", point.Trial);
        double[] drawn = Model!.Shape([.. move.Select(_ => random.NextGaussian())]);
        return [.. move.Select((value, i) => double.IsNaN(point.Unit[Plan.Numeric[i]]) ? drawn[i] : value)];
    }

    private int[][] Levels(EvaluatedPoint[] points) =>
        [.. points.Select(point => Plan.Nominal.Select((axis, i) => double.IsNaN(point.Unit[axis]) ? -1 : Plan.NominalAxes[i].LevelOf(point.Unit[axis])).ToArray())];

    private double CategoryRate(int categories) => Math.Max(0.1, Constants.MuEff / (Constants.MuEff + (2 * categories)));
}
