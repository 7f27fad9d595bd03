namespace HpoServerless.Engine.Numerics;

/// <summary>A stream of random numbers that is named, not passed around: (seed, purpose, number) decides every draw.</summary>
/// <remarks>
/// <para>
/// Counter-based: draw i of a stream is a hash of the stream's key and i, so streams never disturb each other and the order in which they are
/// used does not matter. The same on every platform and in every process, for ever: experiments are refolded from it.
/// </para>
/// <para>
/// Sources: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11, for the idea of hashing a counter; G. L. Steele,
/// D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, for the generator: the counter advances by an odd
/// constant and passes the 64-bit finaliser that David Stafford found ("mix 13"). The key is made of seed, the UTF-16 units of purpose, and
/// number by the same finaliser; each stream has its own odd increment, made from the key as in the paper (mixGamma).
/// </para>
/// <para>A mutable class: one stream belongs to one caller.</para>
/// </remarks>
public sealed class SeededRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private readonly ulong _gamma;
    private ulong _counter;
    private double? _spareGaussian;

    private SeededRandom(ulong key)
    {
        _counter = Mix(key);
        _gamma = MixGamma(key + GoldenGamma);
    }

    /// <summary>Opens a stream at its beginning.</summary>
    /// <param name="seed">Seed of the experiment.</param>
    /// <param name="purpose">What the draws are for; by convention the registered name of the algorithm, with a suffix where it needs more than one.</param>
    /// <param name="number">Which of its streams; by convention the number of the trial.</param>
    public static SeededRandom For(ulong seed, string purpose, long number = 0)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        ulong key = Mix(seed + GoldenGamma);
        foreach (char unit in purpose)
        {
            key = Mix((key ^ unit) + GoldenGamma);
        }

        key = Mix((key ^ (ulong)purpose.Length) + GoldenGamma);
        return new(Mix((key ^ (ulong)number) + GoldenGamma));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => Mix(_counter += _gamma);

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextUnit() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. <paramref name="exclusive"/> - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusive"/> is below 1.</exception>
    /// <remarks>The high half of the product with 64 random bits: some numbers are more likely than others by less than 2⁻³³.</remarks>
    public int NextInt(int exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusive, 1);
        return (int)Math.BigMul(NextUInt64(), (ulong)exclusive, out _);
    }

    /// <summary>Standard normal.</summary>
    /// <remarks>Polar method of G. Marsaglia and T. A. Bray, SIAM Review 6 (1964) 260-264; every second draw is kept for the next call.</remarks>
    public double NextGaussian()
    {
        if (_spareGaussian is double spare)
        {
            _spareGaussian = null;
            return spare;
        }

        double x, y, square;
        do
        {
            x = (2 * NextUnit()) - 1;
            y = (2 * NextUnit()) - 1;
            square = (x * x) + (y * y);
        }
        while (square is >= 1 or 0);

        double scale = Math.Sqrt(-2 * Math.Log(square) / square);
        _spareGaussian = y * scale;
        return x * scale;
    }

    /// <summary>Puts items into a uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>An odd increment whose bits change often enough (the paper's weak-gamma test).</summary>
    private static ulong MixGamma(ulong z)
    {
        z = (z ^ (z >> 33)) * 0xFF51AFD7ED558CCD;
        z = (z ^ (z >> 33)) * 0xC4CEB9FE1A85EC53;
        z = (z ^ (z >> 33)) | 1;
        return ulong.PopCount(z ^ (z >> 1)) < 24 ? z ^ 0xAAAAAAAAAAAAAAAA : z;
    }
}
