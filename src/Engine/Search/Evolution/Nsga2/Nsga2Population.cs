using System.Collections.Immutable;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.MultiObjective;

namespace HpoServerless.Engine.Search.Evolution.Nsga2;

/// <summary>The parents that the observations so far leave. Never changes once made.</summary>
/// <param name="Axes">Of the space.</param>
/// <param name="Size">Parents, and children a generation.</param>
internal sealed record Nsga2Population(SpaceAxes Axes, int Size)
{
    /// <summary>Selected so far, the best first; fewer than <see cref="Size"/> before the first generation is full.</summary>
    public ImmutableArray<Nsga2Member> Parents { get; private init; } = [];

    /// <summary>Full generations so far.</summary>
    public int Generation { get; private init; }

    /// <summary>Children that have not been selected among yet.</summary>
    public ImmutableArray<EvaluatedPoint> Children { get; private init; } = [];

    /// <summary>Takes in one more point; after as many as there are parents, the better half of parents and children survives.</summary>
    public Nsga2Population Add(EvaluatedPoint point)
    {
        ImmutableArray<EvaluatedPoint> children = Children.Add(point);
        return children.Length < Size
            ? this with { Children = children }
            : this with
            {
                Parents = Select([.. Parents.Select(parent => parent.Point), .. children.Where(child => child.Value is not null)]),
                Children = [],
                Generation = Generation + 1,
            };
    }

    /// <summary>The objectives of a point that did not fail.</summary>
    public static double[] Objectives(EvaluatedPoint point) =>
        point.Observation.Objectives.IsDefaultOrEmpty ? [point.Value!.Value] : [.. point.Observation.Objectives];

    /// <summary>By rank, then by room (Deb et al., section III-C).</summary>
    private ImmutableArray<Nsga2Member> Select(EvaluatedPoint[] points)
    {
        int objectives = points.Length == 0 ? 0 : points.Min(point => Objectives(point).Length);
        double[][] values = [.. points.Select(point => Objectives(point)[..objectives])];
        int[] ranks = ParetoFront.Ranks(values, [.. points.Select(point => point.Observation.Violation)]);
        ImmutableArray<Nsga2Member>.Builder chosen = ImmutableArray.CreateBuilder<Nsga2Member>();
        foreach (IGrouping<int, int> front in Enumerable.Range(0, points.Length).GroupBy(i => ranks[i]).OrderBy(front => front.Key))
        {
            int[] members = [.. front];
            double[] room = ParetoFront.CrowdingDistances([.. members.Select(i => values[i])]);
            chosen.AddRange(Enumerable.Range(0, members.Length)
                .OrderByDescending(k => room[k])
                .Take(Size - chosen.Count)
                .Select(k => new Nsga2Member(points[members[k]], front.Key, room[k])));
        }

        return chosen.DrainToImmutable();
    }
}

/// <summary>A parent.</summary>
/// <param name="Point">What was evaluated.</param>
/// <param name="Rank">0 for the best front.</param>
/// <param name="Room">Crowding distance within it.</param>
internal sealed record Nsga2Member(EvaluatedPoint Point, int Rank, double Room);
