using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>What Gaussian kernels must be multiplied by so that each integrates to 1 over the unit interval.</summary>
/// <remarks>
/// Continuous: the kernel is cut off at 0 and 1. Up to <see cref="MostSummed"/> ordered values: the kernel at the middle of each cell stands for
/// the cell, and widths times kernel sum to 1. More values: the bandwidth should be a cell or more, and the integral takes the place of the sum.
/// </remarks>
internal sealed class KernelNorms
{
    /// <summary>Most values of a parameter whose cells are summed one by one.</summary>
    public const int MostSummed = 32;

    /// <summary>Bandwidths to an end of the interval from which on nothing is cut off there that counts.</summary>
    private const double Reach = 4.5;

    private readonly double[] _byLevel = new double[MostSummed];
    private Axis? _axis;
    private double _bandwidth;

    /// <summary>Turns to another axis or bandwidth.</summary>
    public void Begin(Axis axis, double bandwidth)
    {
        _axis = axis;
        _bandwidth = bandwidth;
        _byLevel.AsSpan().Fill(double.NaN);
    }

    /// <summary>Logarithm of the factor of a kernel.</summary>
    /// <param name="centre">Where it is, in [0, 1].</param>
    public double LogOf(double centre)
    {
        if (_axis!.Levels is 0 or > MostSummed)
        {
            double reach = Reach * _bandwidth;
            double below = centre > reach ? 0 : Normal.Cdf(-centre / _bandwidth);
            double above = 1 - centre > reach ? 0 : Normal.Cdf((centre - 1) / _bandwidth);
            return -Math.Log(_bandwidth * Math.Sqrt(2 * Math.PI) * (1 - below - above));
        }

        ref double norm = ref _byLevel[_axis.LevelOf(centre)];
        if (double.IsNaN(norm))
        {
            double sum = 0;
            for (int level = 0; level < _axis.Levels; level++)
            {
                double distance = (_axis.Centres[level] - centre) / _bandwidth;
                sum += (_axis.Edges[level + 1] - _axis.Edges[level]) * Math.Exp(-0.5 * distance * distance);
            }

            norm = -Math.Log(sum);
        }

        return norm;
    }
}
