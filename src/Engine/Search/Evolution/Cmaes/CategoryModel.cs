using System.Collections.Immutable;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>Probabilities of the categories of the nominal coordinates, learnt from the same ranking as the rest. Never changes once made.</summary>
/// <remarks>
/// R. Hamano et al., "CatCMA: stochastic optimization for mixed-category problems", GECCO 2024, 656-664: a step along the natural gradient
/// (eq. 8), and no category becomes less probable than a margin (eq. 17). Departure: the rate is fixed, not adapted, because it takes hundreds
/// of generations to adapt one.
/// </remarks>
internal sealed class CategoryModel
{
    private readonly ImmutableArray<double[]> _probabilities;

    private CategoryModel(ImmutableArray<double[]> probabilities) => _probabilities = probabilities;

    /// <summary>All categories equally likely.</summary>
    /// <param name="axes">Nominal axes; shape [c].</param>
    public static CategoryModel Uniform(IEnumerable<Axis> axes) =>
        new([.. axes.Select(axis => Enumerable.Repeat(1.0 / axis.Levels, axis.Levels).ToArray())]);

    /// <summary>Probabilities of one coordinate.</summary>
    public ReadOnlySpan<double> Of(int coordinate) => _probabilities[coordinate];

    /// <summary>Which category a uniform number stands for.</summary>
    public int Draw(int coordinate, double unit)
    {
        double[] probabilities = _probabilities[coordinate];
        for (int level = 0; level < probabilities.Length - 1; level++)
        {
            unit -= probabilities[level];
            if (unit < 0)
            {
                return level;
            }
        }

        return probabilities.Length - 1;
    }

    /// <summary>One generation.</summary>
    /// <param name="weights">Of each candidate, only those above 0 count; shape [λ].</param>
    /// <param name="levels">Category of each candidate on each coordinate, -1 where inactive; shape [λ][c].</param>
    /// <param name="rate">Step along the gradient for a coordinate of a number of categories.</param>
    public CategoryModel Next(double[] weights, int[][] levels, Func<int, double> rate)
    {
        ImmutableArray<double[]>.Builder next = ImmutableArray.CreateBuilder<double[]>(_probabilities.Length);
        for (int i = 0; i < _probabilities.Length; i++)
        {
            double[] old = _probabilities[i];
            double[] probabilities = [.. old];
            double step = rate(old.Length);
            for (int k = 0; k < levels.Length; k++)
            {
                if (weights[k] <= 0 || levels[k][i] < 0)
                {
                    continue;
                }

                for (int level = 0; level < probabilities.Length; level++)
                {
                    probabilities[level] += step * weights[k] * ((level == levels[k][i] ? 1 : 0) - old[level]);
                }
            }

            next.Add(WithMargin(probabilities, _probabilities.Length));
        }

        return new(next.MoveToImmutable());
    }

    /// <summary>Gives every category at least what leaves a chance of 27 % that some coordinate shows another than its likeliest.</summary>
    private static double[] WithMargin(double[] probabilities, int coordinates)
    {
        if (probabilities.Length < 2)
        {
            return probabilities;
        }

        double least = (1 - Math.Pow(0.73, 1.0 / coordinates)) / (probabilities.Length - 1);
        double free = 0;
        for (int level = 0; level < probabilities.Length; level++)
        {
            probabilities[level] = Math.Max(probabilities[level], least);
            free += probabilities[level] - least;
        }

        double share = (1 - (least * probabilities.Length)) / free;
        for (int level = 0; level < probabilities.Length; level++)
        {
            probabilities[level] = least + (share * (probabilities[level] - least));
        }

        return probabilities;
    }
}
