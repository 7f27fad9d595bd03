using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>What stays the same during a search: which coordinates are numbers, which are categories, and the options as they apply to them.</summary>
internal sealed class CmaesPlan
{
    /// <summary>From this many numeric parameters on, covariances are left out unless the user says otherwise: too few trials to learn them.</summary>
    public const int SeparableFrom = 60;

    public CmaesPlan(SpaceAxes axes, ulong seed, CmaesOptions options)
    {
        (Axes, Seed, Options) = (axes, seed, options);
        int[] free = [.. Enumerable.Range(0, axes.Dimension).Where(i => !axes.Axes[i].IsConstant)];
        Numeric = [.. free.Where(i => !axes.Axes[i].IsNominal)];
        Nominal = [.. free.Where(i => axes.Axes[i].IsNominal)];
        NumericAxes = [.. Numeric.Select(i => axes.Axes[i])];
        NominalAxes = [.. Nominal.Select(i => axes.Axes[i])];
        IsSeparable = options.Separable ?? Numeric.Length >= SeparableFrom;
        Population = options.Population > 0 ? options.Population : 4 + (int)(1.5 * Math.Log(Math.Max(1, free.Length)));
        Startup = options.Startup > 0 ? options.Startup : Population;
    }

    public SpaceAxes Axes { get; }

    public ulong Seed { get; }

    public CmaesOptions Options { get; }

    /// <summary>Coordinates with an order; shape [n].</summary>
    public int[] Numeric { get; }

    /// <summary>Coordinates without; shape [c].</summary>
    public int[] Nominal { get; }

    public Axis[] NumericAxes { get; }

    public Axis[] NominalAxes { get; }

    public bool IsSeparable { get; }

    /// <summary>λ of the first run.</summary>
    public int Population { get; }

    /// <summary>Points before the first generation.</summary>
    public int Startup { get; }

    /// <summary>The strategy parameters for a population.</summary>
    public CmaesConstants Constants(int population) => new(Math.Max(1, Numeric.Length), population, IsSeparable);
}
