namespace HpoServerless.Bench.Pruning;

/// <summary>The generator of the peers' tables, so that ours are theirs bit for bit.</summary>
/// <remarks>Source: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.</remarks>
internal sealed class SplitMix64(int seed)
{
    private ulong _state = unchecked(((ulong)seed * 1_000_003UL) + 12_345UL);

    /// <summary>Uniform in [0, 1).</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal, by Box and Muller; the second value of a pair is not used.</summary>
    public double Normal()
    {
        double radius = Unit();
        double angle = Unit();
        return Math.Sqrt(-2 * Math.Log(1 - radius)) * Math.Cos(2 * Math.PI * angle);
    }

    private ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15UL;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
