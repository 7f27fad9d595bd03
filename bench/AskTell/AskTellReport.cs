namespace HpoServerless.Bench.AskTell;

/// <summary>The tables of an ask-tell run, for people.</summary>
internal sealed class AskTellReport(IReadOnlyList<AskTellRow> rows, PeerFigures peers)
{
    /// <summary>By registered name, number of parameters and trials; what is below it is good.</summary>
    private static readonly (string Name, int Trials, double Milliseconds)[] Limits =
        [("random", 1_000, .005), ("random", 10_000, .005), ("tpe", 1_000, .2), ("tpe", 10_000, .5), ("gp", 100, 30)];

    public void Print(TextWriter to)
    {
        List<string[]> table = [["algorithm", "parameters", "trials", "ms a trial", "CPU ms", "CPU s so far", "heap MB", "best Optuna, CPU s", "times faster", "targets"]];
        foreach (AskTellRow row in rows)
        {
            double? peer = BestPeer(row);
            table.Add(
            [
                row.Algorithm, $"{row.Parameters}", $"{row.Trials}", $"{row.MillisecondsATrial:0.0000}", $"{row.CpuMillisecondsATrial:0.0000}", $"{row.CpuSeconds:0.000}", $"{row.HeapMegabytes:0.0}",
                peer is null ? "-" : $"{peer:0.00}", peer is null ? "-" : $"{peer / row.CpuSeconds:0}x", string.Join(", ", TargetsOf(row)),
            ]);
        }

        TextTable.Write(to, table);
        to.WriteLine();
        to.WriteLine($"Optuna's ask and tell, its study in memory included, measured once on a {peers.Machine}:");
        List<string[]> theirs = [["build", "sampler", "parameters", "CPU s of 100", "of 1000", "of 3000", "done", "ms a trial (last 50)", "peak MB, resident"]];
        foreach (PeerAskTell peer in peers.AskTell)
        {
            theirs.Add(
            [
                peer.Build, peer.Algorithm, $"{peer.Parameters}", Cpu(peer, 100), Cpu(peer, 1_000), Cpu(peer, 3_000), $"{peer.Trials}", $"{peer.MillisecondsATrial:0.00}",
                $"{peer.PeakMegabytes:0}",
            ]);
        }

        TextTable.Write(to, theirs);
    }

    private static string Cpu(PeerAskTell peer, int trials) =>
        peer.Cumulative?.TryGetValue(trials, out PeerTime? time) == true ? $"{time.CpuSeconds ?? time.Seconds:0.00}" : "-";

    /// <summary>The least CPU time any measured build needed for as many trials with any sampler of the same family.</summary>
    private double? BestPeer(AskTellRow row) => peers.AskTell
        .Where(peer => peer.Parameters == row.Parameters && peer.Algorithm.Split('_')[0] == NameOf(row))
        .Select(peer => peer.Cumulative?.GetValueOrDefault(row.Trials)?.CpuSeconds)
        .Min();

    private IEnumerable<string> TargetsOf(AskTellRow row)
    {
        string name = NameOf(row);
        foreach ((_, _, double most) in Limits.Where(limit => limit.Name == name && limit.Trials == row.Trials && row.Parameters == 5))
        {
            yield return Verdict(row.Milliseconds < most, $"below {most} ms");
        }

        if (name == "tpe" && row.Trials == 3_000 && row.Parameters == 5)
        {
            yield return Verdict(row.CpuSeconds < 1, "below 1 s of CPU");
        }

        if (row.Trials == 10_000)
        {
            yield return Verdict(row.HeapMegabytes < 100, "below 100 MB");
        }

        if (row.Parameters == 20 && rows.FirstOrDefault(other => other.Algorithm == row.Algorithm && other.Trials == row.Trials && other.Parameters == 5) is { } small)
        {
            double ratio = row.Milliseconds / small.Milliseconds;
            yield return Verdict(ratio <= 4, $"at most 4 times 5 parameters: {ratio:0.0}");
        }
    }

    private static string NameOf(AskTellRow row) => row.Algorithm.Split(':')[0];

    private static string Verdict(bool isMet, string target) => $"{(isMet ? "met" : "MISSED")}: {target}";
}
