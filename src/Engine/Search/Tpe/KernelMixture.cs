using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>A density over some coordinates of a space: a weighted sum of kernels, one around each point it was built from, and the prior.</summary>
/// <remarks>
/// <para>
/// Densities are relative to the prior (the distribution that the user described, which is uniform in the unit cube), so the prior itself is 1
/// everywhere and a coordinate that is left out is a factor of 1. A kernel is a product over coordinates:
/// <list type="bullet">
///   <item>continuous: a Gaussian cut off at 0 and 1;</item>
///   <item>ordered values: that Gaussian over cells, see <see cref="KernelNorms"/>;</item>
///   <item>nominal: the point's own category keeps a share, the rest is spread evenly over all categories (J. Aitchison, C. G. G. Aitken,
///   Biometrika 63 (1976) 413-420).</item>
/// </list>
/// </para>
/// <para>
/// Where a coordinate is inactive in the kernel or in the point asked about, it is a factor of 1: the kernel does not know anything about it
/// (so the prior holds), or it is integrated out. So kernels of another branch count only as far as their parents' coordinates agree.
/// </para>
/// <para>Cost: O(n · d) to build and for each density, eight kernels at a time; nothing is allocated once the arrays have their size.
/// What is hot is compiled fully at once: experiments are short, and vectors are slow until then.</para>
/// </remarks>
internal sealed class KernelMixture
{
    /// <summary>Kernels that are worked on together: two vectors of four, so that one does not wait for the other.</summary>
    private const int Lanes = 8;

    /// <summary>exp(-40) is less than half the last bit of 1.</summary>
    private const double Negligible = 40;

    private readonly ImmutableArray<Axis> _axes;

    /// <summary>The coordinates, numeric ones first.</summary>
    private readonly int[] _coordinates;
    private readonly int _numeric;
    private readonly bool _isConditional;
    private readonly KernelNorms _norms = new();
    private readonly double[] _bandwidths;

    /// <summary>Numeric axes: what makes a squared difference an exponent; nominal ones: the exponent of another category. Shape [c].</summary>
    private readonly double[] _scales;
    private readonly double[] _point;

    private double[][] _points = [];
    private double[] _cumulated = [];

    /// <summary>Scaled coordinates of the points; shape [blocks, c, 8].</summary>
    private double[] _centres = [];

    /// <summary>Logarithms of the norms, only where coordinates can be inactive; shape [blocks, c, 8].</summary>
    private double[] _fronts = [];

    /// <summary>Logarithms of the weights and of all norms that always count; shape [blocks, 8].</summary>
    private double[] _logWeights = [];
    private double[] _exponents = [];
    private double _prior = 1;

    /// <param name="axes">The space.</param>
    /// <param name="coordinates">The coordinates that the mixture is about, c of the d.</param>
    public KernelMixture(SpaceAxes axes, params ImmutableArray<int> coordinates)
    {
        _coordinates = [.. coordinates.OrderBy(i => axes.Axes[i].IsNominal)];
        _axes = [.. _coordinates.Select(i => axes.Axes[i])];
        _numeric = _axes.Count(axis => !axis.IsNominal);
        _isConditional = axes.Space.IsConditional;
        _scales = new double[_axes.Length];
        _point = new double[_axes.Length];
        _bandwidths = new double[_axes.Length];
    }

    /// <summary>Number of kernels, the prior not counted.</summary>
    public int Count { get; private set; }

    /// <summary>Rebuilds the mixture.</summary>
    /// <param name="points">Shape [n][d]; NaN where inactive. Not to be changed until the next call.</param>
    /// <param name="weights">Shape [n]; above 0.</param>
    /// <param name="prior">Weight of the prior, above 0. All weights are divided by their sum.</param>
    /// <param name="bandwidths">Shape [d]: standard deviation on a numeric axis, the share given away on a nominal one.</param>
    public void Build(ReadOnlySpan<double[]> points, ReadOnlySpan<double> weights, double prior, ReadOnlySpan<double> bandwidths)
    {
        Count = points.Length;
        Reserve();
        points.CopyTo(_points);
        double total = prior;
        for (int k = 0; k < Count; k++)
        {
            _cumulated[k] = total += weights[k];
        }

        _prior = prior / total;
        _logWeights.AsSpan().Fill(double.NegativeInfinity);
        for (int k = 0; k < Count; k++)
        {
            _cumulated[k] /= total;
            _logWeights[k] = Math.Log(weights[k] / total);
        }

        for (int c = 0; c < _axes.Length; c++)
        {
            _bandwidths[c] = bandwidths[_coordinates[c]];
            AddAxis(c);
        }
    }

    /// <summary>Logarithm of the density relative to the prior.</summary>
    /// <param name="unit">Shape [d]; NaN where inactive, the middle of the cell where discrete.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double LogDensity(ReadOnlySpan<double> unit)
    {
        for (int c = 0; c < _point.Length; c++)
        {
            double coordinate = unit[_coordinates[c]];
            _point[c] = c < _numeric ? coordinate * _scales[c] : coordinate;
        }

        int length = (Count + Lanes - 1) / Lanes * Lanes;
        double highest = _isConditional ? AddActive(length) : AddAll(length);
        ref double exponents = ref MemoryMarshal.GetArrayDataReference(_exponents);
        Vector256<double> shifts = Vector256.Create(highest);
        Vector256<double> even = Vector256<double>.Zero;
        Vector256<double> odd = Vector256<double>.Zero;
        Vector256<double> least = Vector256.Create(highest - Negligible);
        for (nuint k = 0; k < (nuint)length; k += Lanes)
        {
            Vector256<double> evenly = Vector256.LoadUnsafe(ref exponents, k);
            Vector256<double> oddly = Vector256.LoadUnsafe(ref exponents, k + (Lanes / 2));
            if (Vector256.GreaterThanAny(Vector256.Max(evenly, oddly), least))
            {
                even += Vector256.Exp(evenly - shifts);
                odd += Vector256.Exp(oddly - shifts);
            }
        }

        return highest + Math.Log((_prior * Math.Exp(-highest)) + Vector256.Sum(even + odd));
    }

    /// <summary>Draws a point of the density.</summary>
    /// <param name="random">Stream of the draws.</param>
    /// <param name="unit">Receives the coordinates that the mixture is about, none of them NaN; shape [d].</param>
    /// <param name="widening">Factor on the bandwidths of numeric axes.</param>
    public void Draw(SeededRandom random, Span<double> unit, double widening = 1)
    {
        double share = random.NextUnit();
        if (share < _prior)
        {
            Draw(random, null, unit, widening);
            return;
        }

        int found = _cumulated.AsSpan(0, Count).BinarySearch(share);
        Draw(random, _points[Math.Min(found < 0 ? ~found : found + 1, Count - 1)], unit, widening);
    }

    /// <summary>Draws a point of one kernel.</summary>
    /// <param name="random">Stream of the draws.</param>
    /// <param name="centre">Where the kernel is; null for the prior.</param>
    /// <param name="unit">Receives the coordinates that the mixture is about, none of them NaN; shape [d].</param>
    /// <param name="widening">Factor on the bandwidths of numeric axes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Draw(SeededRandom random, double[]? centre, Span<double> unit, double widening)
    {
        for (int c = 0; c < _axes.Length; c++)
        {
            double middle = centre is null ? double.NaN : centre[_coordinates[c]];
            ref double coordinate = ref unit[_coordinates[c]];
            if (double.IsNaN(middle) || (_axes[c].IsNominal && random.NextUnit() < _bandwidths[c]))
            {
                coordinate = random.NextUnit();
                continue;
            }

            coordinate = middle;
            while (!_axes[c].IsNominal)
            {
                coordinate = middle + (_bandwidths[c] * widening * random.NextGaussian());
                if (coordinate is >= 0 and <= Parameter.LargestUnit)
                {
                    break;
                }
            }
        }
    }

    private void Reserve()
    {
        if (_logWeights.Length >= Count && Count > 0)
        {
            return;
        }

        int capacity = (Math.Max(Count, 2 * _logWeights.Length) + Lanes - 1) / Lanes * Lanes;
        _points = new double[capacity][];
        _cumulated = new double[capacity];
        _logWeights = new double[capacity];
        _exponents = new double[capacity];
        _centres = new double[capacity * _axes.Length];
        _fronts = _isConditional ? new double[capacity * _axes.Length] : [];
    }

    /// <summary>Fills the exponents where every coordinate is active.</summary>
    /// <returns>The largest of them, at least 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double AddAll(int length)
    {
        ref double centres = ref MemoryMarshal.GetArrayDataReference(_centres);
        ref double logWeights = ref MemoryMarshal.GetArrayDataReference(_logWeights);
        ref double exponents = ref MemoryMarshal.GetArrayDataReference(_exponents);
        ReadOnlySpan<double> numbers = _point.AsSpan(0, _numeric);
        ReadOnlySpan<double> categories = _point.AsSpan(_numeric);
        ReadOnlySpan<double> penalties = _scales.AsSpan(_numeric);
        Vector256<double> highest = Vector256<double>.Zero;
        nuint at = 0;
        for (nuint k = 0; k < (nuint)length; k += Lanes)
        {
            Vector256<double> even = Vector256.LoadUnsafe(ref logWeights, k);
            Vector256<double> odd = Vector256.LoadUnsafe(ref logWeights, k + (Lanes / 2));
            foreach (double number in numbers)
            {
                Vector256<double> there = Vector256.Create(number);
                Vector256<double> evenly = there - Vector256.LoadUnsafe(ref centres, at);
                Vector256<double> oddly = there - Vector256.LoadUnsafe(ref centres, at + (Lanes / 2));
                even -= evenly * evenly;
                odd -= oddly * oddly;
                at += Lanes;
            }

            for (int c = 0; c < categories.Length; c++)
            {
                Vector256<double> there = Vector256.Create(categories[c]);
                Vector256<double> penalty = Vector256.Create(penalties[c]);
                even -= Vector256.AndNot(penalty, Vector256.Equals(there, Vector256.LoadUnsafe(ref centres, at)));
                odd -= Vector256.AndNot(penalty, Vector256.Equals(there, Vector256.LoadUnsafe(ref centres, at + (Lanes / 2))));
                at += Lanes;
            }

            even.StoreUnsafe(ref exponents, k);
            odd.StoreUnsafe(ref exponents, k + (Lanes / 2));
            highest = Vector256.Max(highest, Vector256.Max(even, odd));
        }

        return Math.Max(Math.Max(highest[0], highest[1]), Math.Max(highest[2], highest[3]));
    }

    /// <summary>Fills the exponents where coordinates may be inactive, which are left out.</summary>
    /// <returns>The largest of them, at least 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double AddActive(int length)
    {
        ref double centres = ref MemoryMarshal.GetArrayDataReference(_centres);
        ref double fronts = ref MemoryMarshal.GetArrayDataReference(_fronts);
        Vector256<double> highest = Vector256<double>.Zero;
        for (int k = 0; k < length; k += Lanes / 2)
        {
            Vector256<double> exponent = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_logWeights), (nuint)k);
            nuint at = (nuint)((k / Lanes * Lanes * _point.Length) + (k % Lanes));
            for (int c = 0; c < _point.Length; c++, at += Lanes)
            {
                Vector256<double> there = Vector256.Create(_point[c]);
                Vector256<double> centre = Vector256.LoadUnsafe(ref centres, at);
                Vector256<double> difference = there - centre;
                Vector256<double> distance = c < _numeric ? difference * difference : Vector256.AndNot(Vector256.Create(_scales[c]), Vector256.Equals(there, centre));
                Vector256<double> isActive = Vector256.Equals(difference, difference);
                exponent += (Vector256.LoadUnsafe(ref fronts, at) - distance) & isActive;
            }

            exponent.StoreUnsafe(ref MemoryMarshal.GetArrayDataReference(_exponents), (nuint)k);
            highest = Vector256.Max(highest, exponent);
        }

        return Math.Max(Math.Max(highest[0], highest[1]), Math.Max(highest[2], highest[3]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddAxis(int c)
    {
        Axis axis = _axes[c];
        double bandwidth = _bandwidths[c];
        double own = 0;
        if (axis.IsNominal)
        {
            // Relative to the prior 1 / L: the own category has (1 - b) L + b, another one b.
            own = Math.Log(((1 - bandwidth) * axis.Levels) + bandwidth);
            _scales[c] = axis.IsConstant ? 0 : own - Math.Log(bandwidth);
        }
        else
        {
            _scales[c] = 1 / (bandwidth * Math.Sqrt(2));
            _norms.Begin(axis, bandwidth);
        }

        for (int k = 0; k < Count; k++)
        {
            double centre = _points[k][_coordinates[c]];
            double front = double.IsNaN(centre) ? 0 : axis.IsNominal ? own : _norms.LogOf(centre);
            int at = (((k / Lanes * _axes.Length) + c) * Lanes) + (k % Lanes);
            _centres[at] = axis.IsNominal ? centre : centre * _scales[c];
            if (_isConditional)
            {
                _fronts[at] = front;
            }
            else
            {
                _logWeights[k] += front;
            }
        }
    }
}
