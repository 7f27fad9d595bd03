using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>The two densities of TPE over some coordinates: l of the good results and g of the others.</summary>
/// <param name="axes">The space.</param>
/// <param name="coordinates">The coordinates that are modelled together.</param>
/// <param name="options">What the user chose.</param>
internal sealed class TpeModel(SpaceAxes axes, int[] coordinates, TpeOptions options)
{
    private const double GoodFactor = 0.8;
    private const double WideFactor = 1.5;
    private const double BadFactor = 0.5;

    /// <summary>How far g is believed: bad results say less about their surroundings than good ones do.</summary>
    private const double BadExponent = 0.9;
    private const double ClippedGoodFloor = 0.01;
    private const double ClippedBadFloor = 0.02;
    private const double BareFloor = 1e-4;

    private readonly KernelMixture _good = new(axes, [.. coordinates]);
    private readonly KernelMixture _bad = new(axes, [.. coordinates]);
    private readonly TpeBandwidths _bandwidths = new(axes);

    /// <summary>The coordinates that are modelled together.</summary>
    public ReadOnlySpan<int> Coordinates => coordinates;

    /// <summary>Rebuilds both densities.</summary>
    /// <param name="split">The points.</param>
    /// <param name="isWide">Whether the kernels of the good ones are wider than usual.</param>
    public void Build(TpeSplit split, bool isWide)
    {
        double goodFactor = isWide ? GoodFactor * WideFactor : GoodFactor;
        double goodFloor = options.MagicClip ? ClippedGoodFloor : BareFloor;
        double badFloor = options.MagicClip ? ClippedBadFloor : BareFloor;
        _good.Build(split.Good, split.GoodWeights, options.PriorWeight, _bandwidths.Of(split.Good, split.GoodWeights, goodFactor, goodFloor, coordinates.Length, followSpread: true));
        _bad.Build(split.Bad, split.BadWeights, options.PriorWeight, _bandwidths.Of(split.Bad, split.BadWeights, BadFactor, badFloor, coordinates.Length, followSpread: false));
    }

    /// <summary>Draws a point of l.</summary>
    /// <param name="random">Stream of the draws.</param>
    /// <param name="unit">Receives the coordinates; shape [d].</param>
    public void Draw(SeededRandom random, Span<double> unit) => _good.Draw(random, unit);

    /// <summary>log l - 0.9 log g: the higher, the likelier is an improvement.</summary>
    /// <param name="unit">Shape [d]; NaN where inactive, the middle of the cell where discrete.</param>
    public double Score(ReadOnlySpan<double> unit) => _good.LogDensity(unit) - (BadExponent * _bad.LogDensity(unit));
}
