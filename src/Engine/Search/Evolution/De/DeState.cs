using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.De;

/// <summary>What differential evolution has learnt from the observations so far. Never changes once made.</summary>
internal sealed record DeState
{
    /// <summary>How fast means of F and CR follow those that succeeded (JADE's c).</summary>
    private const double Rate = 0.1;

    private DeState(SpaceAxes axes, ulong seed, DeOptions options)
    {
        (Axes, Seed, Options) = (axes, seed, options);
        Free = Moves.Free(axes);
        int size = options.Population > 0 ? options.Population : 4 + (int)Math.Max(1, Math.Sqrt(Free.Length));
        Members = [.. Enumerable.Repeat<EvaluatedPoint?>(null, size)];
    }

    public SpaceAxes Axes { get; }

    public int[] Free { get; }

    /// <summary>The population; null where nobody has come yet.</summary>
    public ImmutableArray<EvaluatedPoint?> Members { get; private init; }

    /// <summary>Members that challengers pushed out, the latest last (JADE's archive A); at most as many as there are members.</summary>
    public ImmutableArray<EvaluatedPoint> Losers { get; private init; } = [];

    private ulong Seed { get; }

    private DeOptions Options { get; }

    private double MeanF { get; init; } = 0.5;

    private double MeanCr { get; init; } = 0.5;

    /// <summary>Nothing is known.</summary>
    public static DeState Start(SpaceAxes axes, ulong seed, DeOptions options) => new(axes, seed, options);

    /// <summary>The member that a trial challenges.</summary>
    public int SlotOf(int trial) => (int)((((trial - 1L) % Members.Length) + Members.Length) % Members.Length);

    /// <summary>Takes in one more point: it replaces the member that it challenges, unless it is worse.</summary>
    public DeState Add(EvaluatedPoint point)
    {
        int slot = SlotOf(point.Trial);
        if (Members[slot] is not { } member)
        {
            return this with { Members = Members.SetItem(slot, point) };
        }

        int sign = Merit.BestFirst.Compare(point, member);
        if (sign > 0)
        {
            return this;
        }

        DeState next = this with { Members = Members.SetItem(slot, point) };
        if (sign == 0)
        {
            return next;
        }

        (double f, double cr) = Draw(point.Trial);
        return next with
        {
            Losers = [.. Losers.TakeLast(Members.Length - 1), member],
            MeanF = ((1 - Rate) * MeanF) + (Rate * f),
            MeanCr = ((1 - Rate) * MeanCr) + (Rate * cr),
        };
    }

    /// <summary>F and CR of a trial: of a stream of its own, so that they can be told again when its result arrives.</summary>
    /// <remarks>JADE, eq. 4-7. The means may have moved on since it was asked for; the draw around them is the same.</remarks>
    public (double F, double Cr) Draw(int trial)
    {
        SeededRandom random = SeededRandom.For(Seed, "de-rates", trial);
        double cr = Math.Clamp(MeanCr + (0.1 * random.NextGaussian()), 0, 1);
        double f;
        do
        {
            f = MeanF + (0.1 * Math.Tan(Math.PI * (random.NextUnit() - 0.5)));
        }
        while (f <= 0.05);

        return (Options.F ?? Math.Min(f, 1), Options.Cr ?? cr);
    }
}
