using System.Text.Json;

namespace HpoServerless.Bench.Pruning;

/// <summary>How good early stopping is: what it costs in steps and what it loses in quality, on tables of learning curves.</summary>
internal static class PruningBench
{
    public const string Usage = "pruning [--seeds 20] [--algorithms asha,curve_promotion] [--only peers|others] [--workers 1,8] [--json]";

    private const string Ours = "asynchyperband:{\"reduction_factor\": 3},asha:{\"variant\": \"promotion\"; \"reduction_factor\": 3},curve_promotion";

    /// <summary>First rungs: with the first one promoting at rungs takes about a twentieth of all steps, with the second one about a tenth.</summary>
    private static readonly int[] Graces = [1, 3];

    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        CommandLine line = new(arguments, ["--seeds", "--algorithms", "--only", "--workers"], ["--json"]);
        int seeds = line.Number("--seeds", 20);
        Algorithm[] schedulers = [.. line.Algorithms(Ours.Replace(';', ','))];
        string[] only = [.. line.Names("--only", ["peers", "others"], ["peers", "others"])];
        int[] workers = [.. line.Names("--workers", ["1", "8", "32"], ["1", "8"]).Select(int.Parse)];
        List<PruningRow> rows = [];
        if (only.Contains("peers"))
        {
            rows.AddRange(CurveFamily.Peers.SelectMany(family => workers.SelectMany(count => schedulers.Select(scheduler => RowOf(family, scheduler, count, seeds)))));
        }

        List<PruningRow> others = only.Contains("others") ? [.. CurveFamily.Others.SelectMany(family => workers.SelectMany(count => Graces.SelectMany(grace => EqualEpochs(family, count, seeds, grace))))] : [];
        if (line.Has("--json"))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { peers = rows, others }, JsonSerializerOptions.Web));
            return 0;
        }

        foreach (IGrouping<string, PruningRow> family in rows.GroupBy(row => row.Family))
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine($"{family.Key}: 100 configurations, 81 epochs, {seeds} tables; medians, besides the mean regret. Peers as recorded, on 20 tables");
            PruningRow[] peers = [.. Recorded().Where(row => row.Family == family.Key && (workers.Contains(row.Workers) || row.Workers > 32))];
            TextTable.Write(Console.Out, [PruningRow.Heads, .. family.Concat(peers).Select(row => row.Cells(8100))]);
        }

        if (others.Count > 0)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine($"Other families of curves, {seeds} tables: curve_promotion at the epochs that promoting at rungs (reduction factor 3) took on the same table; regret by the mean regret of the better half of all configurations");
            TextTable.Write(Console.Out, [["family", .. PruningRow.Heads], .. others.Select(row => (string[])[row.Family, .. row.Cells(100.0 * CurveFamily.Others.First(family => family.Name == row.Family).Steps)])]);
        }

        return 0;
    }

    private static PruningRow RowOf(CurveFamily family, Algorithm scheduler, int workers, int seeds) =>
        PruningRow.Of(family.Name, scheduler.Label, workers, [.. Enumerable.Range(0, seeds).Select(seed => PruningRun.Play(family.Table(seed), scheduler, workers, seed))]);

    /// <summary>Both at the same cost, table by table, with regrets in a unit that all families share.</summary>
    private static IEnumerable<PruningRow> EqualEpochs(CurveFamily family, int workers, int seeds, int grace)
    {
        Algorithm rungs = new($"asha promotion, first rung {grace}", "asha", JsonSerializer.SerializeToElement(new { variant = "promotion", reduction_factor = 3, grace_period = grace }));
        List<PruningRun> plain = [];
        List<PruningRun> curves = [];
        for (int seed = 0; seed < seeds; seed++)
        {
            CurveTable table = family.Table(seed);
            double unit = Enumerable.Range(0, table.True.Length).Select(table.Regret).Where(double.IsFinite).Order().Take(table.True.Length / 2).Average();
            PruningRun run = PruningRun.Play(table, rungs, workers, seed);
            Algorithm same = new("curve_promotion", "curve_promotion", JsonSerializer.SerializeToElement(new { effort = (double)run.Epochs / (table.True.Length * table.Steps) }));
            PruningRun other = PruningRun.Play(table, same, workers, seed);
            plain.Add(run with { Regret = run.Regret / unit });
            curves.Add(other with { Regret = other.Regret / unit });
        }

        yield return PruningRow.Of(family.Name, rungs.Label, workers, plain);
        yield return PruningRow.Of(family.Name, "curve_promotion", workers, curves);
    }

    private static PruningRow[] Recorded() =>
        JsonSerializer.Deserialize<RecordedPeers>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "peers_pruning.json")), JsonSerializerOptions.Web)!.Rows;

    private sealed record RecordedPeers(string Origin, PruningRow[] Rows);
}
