using System.Collections.Immutable;

namespace HpoServerless.Adapters.Executors.Machine;

/// <summary>Cards or cores that are given out: whole ones, several at a time, or a part of one. Not safe for use by several threads.</summary>
/// <param name="units">Their ids.</param>
/// <param name="jobs">How many jobs each serves at the same time, where they do not say how much of it they take.</param>
internal sealed class UnitPool<T>(ImmutableArray<T> units, ImmutableArray<int> jobs)
    where T : IEquatable<T>
{
    private const double Slack = 1e-9;

    private readonly double[] _load = new double[units.Length];

    /// <summary>Why a wish can never be met, as a rule that it breaks; null where it can.</summary>
    /// <param name="wish">0, a part of one, or a whole number of them.</param>
    /// <param name="name">What they are called.</param>
    public string? WhyNever(double wish, string name) => wish switch
    {
        > 1 when wish != Math.Floor(wish) => "must be a whole number, or below 1 for a part of one",
        > 0 when units.IsEmpty => $"must be 0 or be left out at a site that gives out no {name}",
        _ when wish > units.Length => $"must be at most {units.Length}: the site has no more {name}",
        _ => null,
    };

    /// <summary>How many jobs with a wish fit at the same time; null for any number.</summary>
    public int? Capacity(double wish) => wish switch
    {
        0 => null,
        < 1 => (int)(units.Length * Math.Floor((1 / wish) + Slack)),
        _ when wish > units.Length => 0,
        _ => JobsOf((int)wish),
    };

    /// <summary>Takes what a wish asks for, of those that have most to spare.</summary>
    /// <param name="wish">0, a part of one, or a whole number of them.</param>
    /// <param name="preferred">The ids to take where they can be had.</param>
    /// <returns>The ids, ascending in the order of the pool; null where there are not enough now.</returns>
    public ImmutableArray<T>? Take(double wish, ImmutableArray<T> preferred)
    {
        int count = (int)Math.Ceiling(wish);
        int[] chosen =
        [
            .. Enumerable.Range(0, units.Length)
                .Where(i => _load[i] + PartOf(wish, i) <= 1 + Slack)
                .OrderByDescending(i => preferred.Contains(units[i]))
                .ThenBy(i => _load[i])
                .Take(count)
                .Order(),
        ];
        if (chosen.Length < count)
        {
            return null;
        }

        Array.ForEach(chosen, i => _load[i] += PartOf(wish, i));
        return [.. chosen.Select(i => units[i])];
    }

    /// <summary>Gives back what a wish took.</summary>
    public void GiveBack(double wish, ImmutableArray<T> taken)
    {
        foreach (T unit in taken)
        {
            int i = units.IndexOf(unit);
            _load[i] = _load[i] - PartOf(wish, i) is var left and > Slack ? left : 0;
        }
    }

    private double PartOf(double wish, int unit) => wish is > 0 and < 1 ? wish : 1.0 / jobs[unit];

    /// <summary>How many jobs fit that take several different units each.</summary>
    private int JobsOf(int each)
    {
        int most = jobs.Sum() / each;
        while (jobs.Sum(serves => Math.Min(serves, most)) < (long)most * each)
        {
            most--;
        }

        return most;
    }
}
