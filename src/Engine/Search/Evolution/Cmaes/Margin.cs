using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>Keeps discrete coordinates moving: wherever the mean lies, the values on either side of its own keep some probability.</summary>
/// <remarks>
/// R. Hamano, S. Saito, M. Nomura, S. Shirakawa, "CMA-ES with margin: lower-bounding marginal probability for mixed-integer black-box
/// optimization", GECCO 2022, 639-647, eq. 10-22. Without it the deviation falls below the width of a cell and only one value is tried any more.
/// </remarks>
internal static class Margin
{
    /// <summary>Corrects mean and scale of the discrete coordinates.</summary>
    /// <param name="model">After its update.</param>
    /// <param name="axes">What each coordinate stands for; shape [d].</param>
    /// <param name="alpha">Probability that is kept outside the cell of the mean.</param>
    public static Gaussian Correct(Gaussian model, Axis[] axes, double alpha)
    {
        double[]? mean = null;
        double[]? scale = null;
        for (int i = 0; i < axes.Length; i++)
        {
            if (axes[i].Levels < 2)
            {
                continue;
            }

            mean ??= [.. model.Mean];
            scale ??= [.. model.Scale];
            ReadOnlySpan<double> edges = axes[i].Edges;
            int level = axes[i].LevelOf(mean[i]);
            if (level == 0 || level == axes[i].Levels - 1)
            {
                // In a cell at the end there is one way out only: not further from it than the quantile of the margin.
                double border = level == 0 ? edges[1] : edges[level];
                double farthest = model.Deviation(i) * -Normal.Quantile(alpha);
                mean[i] = border + Math.Clamp(mean[i] - border, -farthest, farthest);
            }
            else
            {
                (mean[i], scale[i]) = Between(edges[level], edges[level + 1], mean[i], scale[i], model.Deviation(i), alpha);
            }
        }

        return mean is null ? model : model.With(mean, scale!);
    }

    private static (double Mean, double Scale) Between(double low, double high, double mean, double scale, double deviation, double alpha)
    {
        double below = Normal.Cdf((low - mean) / deviation);
        double above = Normal.Cdf((mean - high) / deviation);
        if (below >= alpha / 2 && above >= alpha / 2)
        {
            return (mean, scale);
        }

        double newBelow = Math.Max(alpha / 2, below);
        double newAbove = Math.Max(alpha / 2, above);
        double inside = 1 - below - above;
        double share = (1 - newBelow - newAbove - inside) / (newBelow + inside + newAbove - (1.5 * alpha));
        newBelow += share * (newBelow - (alpha / 2));
        newAbove += share * (newAbove - (alpha / 2));
        double toLow = -Normal.Quantile(Math.Clamp(newBelow, 1e-12, 0.5));
        double toHigh = -Normal.Quantile(Math.Clamp(newAbove, 1e-12, 0.5));
        return toLow + toHigh < 1e-9
            ? (mean, scale)
            : (((low * toHigh) + (high * toLow)) / (toLow + toHigh), scale * (high - low) / (deviation * (toLow + toHigh)));
    }
}
