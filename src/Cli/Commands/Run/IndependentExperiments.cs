using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Several experiments of one project that know nothing of each other, as hpogrid's jobs are.</summary>
internal static class IndependentExperiments
{
    private const int RoomForNumber = 5;

    /// <summary>Their seeds: the first is the given one, the others are made from it and their number.</summary>
    public static IEnumerable<ulong> Seeds(ulong first, int number) =>
        Enumerable.Range(0, number).Select(i => i == 0 ? first : SeededRandom.For(first, "independent experiments", i).NextUInt64() >> 33);

    /// <summary>What their ids begin with.</summary>
    public static string IdFor(string project, DateTimeOffset now)
    {
        string id = ExperimentIds.Create(project, now);
        int over = Math.Max(0, id.Length + RoomForNumber - ExperimentIds.MaxLength);
        return over == 0 ? id : ExperimentIds.Create(project[..^over], now);
    }

    /// <summary>The id of one of them, counted from 0.</summary>
    public static string IdOf(string first, int number) => string.Create(CultureInfo.InvariantCulture, $"{first}-{number + 1}");

    /// <summary>Warns where they would all do the same.</summary>
    public static void Remark(CliContext context, HpoConfig config, int number)
    {
        if (config.Algorithm == "grid" && number > 1)
        {
            context.Error.WriteLine($"warning: grid looks at no seed: all {number} experiments evaluate the same configurations");
        }
    }

    /// <summary>All of them as if they were one, for a look at how far they are.</summary>
    /// <param name="views">At least one.</param>
    public static ExperimentView Sum(IReadOnlyList<ExperimentView> views)
    {
        if (views.Count == 1)
        {
            return views[0];
        }

        bool isOver = views.All(view => view.EndedAt is not null);
        return views[0] with
        {
            Trials = new(
                views.Sum(v => v.Trials.Running), views.Sum(v => v.Trials.Paused), views.Sum(v => v.Trials.Completed), views.Sum(v => v.Trials.Failed), views.Sum(v => v.Trials.Stopped)),
            NumTrials = (int)Math.Min(int.MaxValue, views.Sum(v => (long)v.NumTrials)),
            Best = Best(views)?.Best,
            Status = views.All(view => view.Status == views[0].Status) ? views[0].Status : ExperimentStatus.Running,
            EndedAt = isOver ? views.Max(view => view.EndedAt) : null,
            Turn = views.Sum(view => view.Turn),
        };
    }

    /// <summary>The one with the best trial; null where no trial has a value.</summary>
    public static ExperimentView? Best(IEnumerable<ExperimentView> views) => views
        .Where(view => view.Best is not null)
        .OrderBy(view => view.Best!.Violation ?? 0)
        .ThenBy(view => view.Mode == OptimizationMode.Min ? view.Best!.Value : -view.Best!.Value)
        .FirstOrDefault();

    /// <summary>Looks at all of them at the same time, and yields their sum.</summary>
    /// <param name="looks">The looks at each.</param>
    /// <param name="seen">Takes the newest look at each.</param>
    /// <param name="cancellation">Ends the looking.</param>
    public static async IAsyncEnumerable<ExperimentView> FollowAsync(
        ImmutableArray<IAsyncEnumerable<ExperimentView>> looks, ExperimentView[] seen, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        IAsyncEnumerator<ExperimentView>[] each = [.. looks.Select(look => look.GetAsyncEnumerator(cancellation))];
        List<int> open = [.. Enumerable.Range(0, each.Length)];
        try
        {
            while (open.Count > 0)
            {
                bool[] more = await Task.WhenAll(open.Select(i => each[i].MoveNextAsync().AsTask()));
                open = [.. open.Where((_, place) => more[place])];
                open.ForEach(i => seen[i] = each[i].Current);
                yield return Sum(seen);
            }
        }
        finally
        {
            foreach (IAsyncEnumerator<ExperimentView> one in each)
            {
                await one.DisposeAsync();
            }
        }
    }
}
