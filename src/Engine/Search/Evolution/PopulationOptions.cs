using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Evolution;

/// <summary>The size of a population, which packages name differently.</summary>
internal static class PopulationOptions
{
    /// <summary>Largest population.</summary>
    public const int Most = 10_000;

    /// <summary>Reads <c>population_size</c> or another name for it.</summary>
    /// <param name="options">What the user wrote.</param>
    /// <param name="alias">The other name.</param>
    /// <param name="least">Smallest population.</param>
    /// <returns>0 where it is left to the algorithm.</returns>
    public static int Read(OptionReader options, string alias, int least)
    {
        string rule = $"must be a whole number from {least} to {Most}, or 0 for the algorithm's choice";
        int size = (int)options.Integer("population_size", 0, v => v == 0 || (v >= least && v <= Most), rule);
        int other = (int)options.Integer(alias, 0, v => v == 0 || (v >= least && v <= Most), rule);
        if (size != 0 && other != 0 && size != other)
        {
            options.Fault(alias, $"{other}", $"must be left out or the same as population_size, which is {size}");
        }

        return size != 0 ? size : other;
    }
}
