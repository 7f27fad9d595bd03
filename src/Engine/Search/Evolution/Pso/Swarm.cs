using System.Collections.Immutable;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Pso;

/// <summary>A swarm as the observations so far tell it. Never changes once made.</summary>
/// <param name="Axes">Of the space.</param>
/// <param name="Particles">Null where a particle has not been seen yet.</param>
/// <param name="Best">The best point of all; null while there is none.</param>
internal sealed record Swarm(SpaceAxes Axes, ImmutableArray<Particle?> Particles, EvaluatedPoint? Best)
{
    /// <summary>Nobody has been seen.</summary>
    public static Swarm Start(SpaceAxes axes, PsoOptions options)
    {
        int size = options.Swarm > 0 ? options.Swarm : 6 + (int)Math.Sqrt(Moves.Free(axes).Length);
        return new(axes, [.. Enumerable.Repeat<Particle?>(null, size)], null);
    }

    /// <summary>The particle that a trial is a move of.</summary>
    public int SlotOf(int trial) => (int)((((trial - 1L) % Particles.Length) + Particles.Length) % Particles.Length);

    /// <summary>Takes in one more point.</summary>
    public Swarm Add(EvaluatedPoint point)
    {
        int slot = SlotOf(point.Trial);
        Particle particle = Particles[slot] is { } before
            ? new(point, before.At, Merit.BestFirst.Compare(point, before.Best) < 0 ? point : before.Best)
            : new(point, point, point);
        EvaluatedPoint? best = point.Value is not null && (Best is null || Merit.BestFirst.Compare(point, Best) < 0) ? point : Best;
        return new(Axes, Particles.SetItem(slot, particle), best);
    }
}

/// <summary>One particle: its velocity is the way between its last two places.</summary>
/// <param name="At">Where it is.</param>
/// <param name="Before">Where it was before that; the same at its beginning.</param>
/// <param name="Best">The best place it has seen.</param>
internal sealed record Particle(EvaluatedPoint At, EvaluatedPoint Before, EvaluatedPoint Best);
