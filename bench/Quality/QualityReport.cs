namespace HpoServerless.Bench.Quality;

/// <summary>The tables of a quality run, for people.</summary>
internal sealed class QualityReport
{
    private static readonly string[] Rivals = ["tpe_v5", "gp", "cmaes"];

    private readonly IReadOnlyList<QualityUnit> _units;
    private readonly PeerFigures _peers;
    private readonly string[] _ours;
    private readonly ProblemFactory[] _problems;

    public QualityReport(IReadOnlyList<QualityUnit> units, PeerFigures peers)
    {
        _units = units;
        _peers = peers;
        _ours = [.. units.Select(unit => unit.Contestant.Label).Distinct()];
        _problems = [.. units.Select(unit => unit.Problem).Distinct()];
    }

    /// <summary>The budgets that tables are printed for.</summary>
    public static int[] Budgets { get; } = [50, 100, 200];

    /// <summary>Regret of an algorithm or a peer; null where there is none.</summary>
    public Quartiles? Find(int budget, ProblemFactory problem, string column)
    {
        if (!_ours.Contains(column))
        {
            return _peers.Find(budget, problem.Name, column["peer ".Length..]);
        }

        double[] regrets =
        [
            .. _units.Where(unit => unit.Contestant.Label == column && unit.Problem == problem && unit.Outcome is not null)
                .Select(unit => unit.Outcome!.Regrets.TryGetValue(budget, out double regret) ? regret : double.NaN),
        ];
        return regrets.Length == 0 || regrets.Any(double.IsNaN) ? null : Quartiles.Of(regrets);
    }

    public void Print(TextWriter to)
    {
        foreach (IGrouping<string, ProblemFactory> set in _problems.GroupBy(problem => problem.Set))
        {
            foreach (int budget in Budgets.Where(budget => set.Any(problem => _ours.Any(column => Find(budget, problem, column) is not null))))
            {
                Print(to, budget, set.Key, [.. set]);
            }
        }

        to.WriteLine();
        foreach (string label in _ours)
        {
            QualityOutcome[] outcomes = [.. _units.Where(unit => unit.Contestant.Label == label).Select(unit => unit.Outcome).OfType<QualityOutcome>()];
            if (outcomes.Length > 0)
            {
                double[] costs = [.. outcomes.Select(outcome => outcome.Milliseconds)];
                int duplicates = outcomes.Sum(outcome => outcome.Duplicates);
                to.WriteLine($"{label}: {Quartiles.Of(costs).Median:0.####} ms a trial (median experiment; slowest {costs.Max():0.####}), {duplicates} duplicates in {outcomes.Sum(outcome => outcome.Evaluations)} trials");
            }

            QualityUnit[] refused = [.. _units.Where(unit => unit.Contestant.Label == label && unit.Unsupported is not null).DistinctBy(unit => unit.Problem)];
            if (refused.Length > 0)
            {
                to.WriteLine($"{label} cannot search {string.Join(", ", refused.Select(unit => unit.Problem.Name))}; for example: {refused[0].Unsupported}");
            }
        }
    }

    private void Print(TextWriter to, int budget, string set, ProblemFactory[] problems)
    {
        string[] peers = set == "peers" ? [.. _peers.Columns.Keys.Select(peer => $"peer {peer}")] : [];
        string[] columns = [.. _ours, .. peers];
        to.WriteLine();
        to.WriteLine($"Regret after {budget} evaluations, {set}: median [quartiles]{(peers.Length > 0 ? ", the peers' medians beside it" : string.Empty)}; * is the smallest of a row");
        List<string[]> rows = [["problem", .. columns]];
        Dictionary<string, List<double>> ranks = columns.ToDictionary(column => column, _ => new List<double>());
        foreach (ProblemFactory problem in problems)
        {
            Dictionary<string, Quartiles> figures = columns.Select(column => (column, figure: Find(budget, problem, column)))
                .Where(pair => pair.figure is not null).ToDictionary(pair => pair.column, pair => pair.figure!);
            double[] medians = [.. figures.Values.Select(figure => figure.Printed)];
            foreach ((string column, Quartiles figure) in figures)
            {
                ranks[column].Add(1 + medians.Count(other => other < figure.Printed) + ((medians.Count(other => other == figure.Printed) - 1) / 2.0));
            }

            rows.Add(
            [
                problem.Name,
                .. columns.Select(column => !figures.TryGetValue(column, out Quartiles? figure) ? "-"
                    : (figure.Printed == medians.Min() ? "*" : string.Empty) + (peers.Contains(column) ? Quartiles.Format(figure.Median) : figure.ToString())),
            ]);
        }

        rows.Add(["mean rank", .. columns.Select(column => ranks[column].Count == 0 ? "-" : $"{ranks[column].Average():0.00} of {ranks[column].Count}")]);
        TextTable.Write(to, rows);
        foreach (string label in peers.Length == 0 ? [] : _ours.Where(label => !label.StartsWith("optuna", StringComparison.Ordinal)))
        {
            to.WriteLine($"{label} wins against {string.Join(", ", Rivals.Select(rival => $"{rival}: {Wins(budget, label, rival)}"))}");
        }
    }

    private string Wins(int budget, string label, string rival)
    {
        int wins = 0;
        int ties = 0;
        int fair = 0;
        int fairWins = 0;
        int all = 0;
        foreach (ProblemFactory problem in _problems)
        {
            if (Find(budget, problem, label) is not { } mine || Find(budget, problem, $"peer {rival}") is not { } theirs)
            {
                continue;
            }

            bool isFair = !ProblemSets.OptimumAtCentre.Contains(problem.Name);
            int win = mine.Printed < theirs.Printed ? 1 : 0;
            (all, wins, ties) = (all + 1, wins + win, ties + (mine.Printed == theirs.Printed ? 1 : 0));
            (fair, fairWins) = (fair + (isFair ? 1 : 0), fairWins + (isFair ? win : 0));
        }

        string tied = ties > 0 ? $", {ties} ties" : string.Empty;
        string centre = fair < all ? $", {fairWins} of {fair} without {string.Join(" and ", ProblemSets.OptimumAtCentre)}" : string.Empty;
        return all == 0 ? "no figures" : $"{wins} of {all}{(tied + centre is { Length: > 0 } more ? $" ({more[2..]})" : string.Empty)}";
    }
}
