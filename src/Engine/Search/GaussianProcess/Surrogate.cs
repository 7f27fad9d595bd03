using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>A Gaussian process with fitted hyperparameters, and the bend of the values it was given.</summary>
internal sealed class Surrogate
{
    /// <summary>Below so many observations every fit also starts from the prior's mode, and both kernels compete.</summary>
    private const int Few = 60;

    private readonly OutputWarp _warp;
    private readonly GpParameters _parameters;
    private readonly double _centre;

    private Surrogate(GpModel model, OutputWarp warp, GpParameters parameters, double centre) =>
        (Model, _warp, _parameters, _centre) = (model, warp, parameters, centre);

    /// <summary>Conditioned on the bent values.</summary>
    public GpModel Model { get; }

    /// <summary>An objective value in the units of the model.</summary>
    public double Warped(double value) => OutputWarp.Bend(_warp.Scaled(value), _parameters.LogWarp) - _centre;

    /// <summary>Fits hyperparameters and conditions on the values.</summary>
    /// <param name="space">The space.</param>
    /// <param name="points">Points as the kernel sees them; row-major, [n · d].</param>
    /// <param name="values">Finite; shape [n], n at least 1.</param>
    /// <param name="prior">Prior of the hyperparameters.</param>
    /// <param name="state">Hyperparameters to start from; receives the fitted ones.</param>
    /// <param name="name">Name of the model there.</param>
    /// <param name="known">Observations there are, whether among the points or not.</param>
    /// <param name="spare">Points that will be appended.</param>
    /// <remarks>
    /// With few observations both kernels are fitted, from the last hyperparameters and from the prior's mode, and the highest posterior
    /// density decides. With more, the last choice is refined, and it is made anew only when the experiment has grown by a tenth.
    /// </remarks>
    public static Surrogate Fit(
        ModelSpace space, double[] points, double[] values, GpPrior prior, Dictionary<string, FitState> state, string name, int known, int spare)
    {
        int n = values.Length;
        FitState? last = state.GetValueOrDefault(name);
        bool isThorough = last is null || n < Few || known >= 1.1 * last.Known;
        KernelShape[] shapes = isThorough ? [KernelShape.Matern52, KernelShape.SquaredExponential] : [last!.Shape];
        List<GpParameters> starts = last is null ? [prior.Mode] : [new(last.Vector)];
        if (last is not null && n < Few)
        {
            starts.Add(prior.Mode);
        }

        OutputWarp warp = new(values);
        (double Loss, KernelShape Shape, GpParameters Parameters) best = (double.PositiveInfinity, shapes[0], starts[0]);
        foreach (KernelShape shape in shapes)
        {
            GpLikelihood likelihood = new(shape, prior, points, space.IsNominal, warp, n);
            foreach (GpParameters start in starts)
            {
                double[] vector = [.. start.Vector];
                double loss = Lbfgs.Minimize(likelihood.Evaluate, vector, prior.Lower, prior.Upper, new(isThorough ? 30 : 8, 1e-3, 1e-5));
                best = loss < best.Loss ? (loss, shape, new(vector)) : best;
            }
        }

        state[name] = new(isThorough ? known : last!.Known, best.Shape, best.Parameters.Vector);
        double[] warped = new double[n];
        warp.Apply(best.Parameters.LogWarp, warped, new double[n], out _);
        double centre = OutputWarp.Bend(warp.Scaled(values[0]), best.Parameters.LogWarp) - warped[0];
        return new(GpModel.Condition(best.Shape, best.Parameters, points, space.IsNominal, warped, spare), warp, best.Parameters, centre);
    }
}
