namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>How many trials get which budget: the tables of Hyperband in its two forms.</summary>
/// <remarks>
/// Logarithms and quotients that should be whole are not always so in floating point; 1e-9 is allowed for that, so that budgets from 1 to 243 with
/// factor 3 have six levels.
/// </remarks>
internal static class BracketTables
{
    private const double Tolerance = 1e-9;

    /// <summary>How many levels the largest bracket has: one more than the whole part of the logarithm of the ratio of the budgets.</summary>
    public static int Levels(double least, double most, double factor) => (int)Math.Floor((Math.Log(most / least) / Math.Log(factor)) + Tolerance) + 1;

    /// <summary>Hyperband as published: brackets of about equal cost (L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar, JMLR 18 (2018), algorithm 1).</summary>
    /// <param name="most">R: largest budget; the smallest is at least 1.</param>
    /// <param name="factor">η, above 1.</param>
    /// <param name="skipLast">How many levels are left out at the end of each bracket; brackets without any are left out.</param>
    public static (int Trials, double Budget)[][] Published(double most, double factor, int skipLast)
    {
        int levels = Levels(1, most, factor);
        return
        [
            .. Enumerable.Range(1, levels).Reverse().Where(count => count > skipLast).Select(count =>
            {
                double first = Math.Ceiling((levels * Math.Pow(factor, count - 1) / count) - Tolerance);
                return Bracket(first, count, most, factor).SkipLast(skipLast).ToArray();
            }),
        ];
    }

    /// <summary>The tables of HpBandSter and UltraOpt: the first level has ⌊m/(s+1)⌋·η^s trials for m levels in all.</summary>
    /// <param name="least">Smallest budget at least.</param>
    /// <param name="most">Largest budget.</param>
    /// <param name="factor">η, above 1.</param>
    public static (int Trials, double Budget)[][] Rounded(double least, double most, double factor)
    {
        int levels = Levels(least, most, factor);
        return
        [
            .. Enumerable.Range(1, levels).Reverse()
                .Select(count => Bracket(Math.Floor((levels / count * Math.Pow(factor, count - 1)) + Tolerance), count, most, factor).ToArray()),
        ];
    }

    private static IEnumerable<(int Trials, double Budget)> Bracket(double first, int count, double most, double factor) =>
        Enumerable.Range(0, count).Select(i =>
            ((int)Math.Max(1, Math.Floor((first / Math.Pow(factor, i)) + Tolerance)), most / Math.Pow(factor, count - 1 - i)));
}
