using HpoServerless.Bench.Quality;

namespace HpoServerless.Bench.Pruning;

/// <summary>One line of a table of early stopping: medians over the tables of a family, besides the mean regret.</summary>
/// <param name="Family">Of the curves.</param>
/// <param name="Name">What stopped or promoted.</param>
/// <param name="Workers">Trials at once.</param>
/// <param name="Epochs">Steps that were run.</param>
/// <param name="Regret">Median and quartiles.</param>
/// <param name="Mean">Mean regret.</param>
/// <param name="Found">In how many tables the best configuration was chosen.</param>
/// <param name="Completed">Trials that ran to the end.</param>
/// <param name="Makespan">Virtual time; null where it was not measured.</param>
internal sealed record PruningRow(string Family, string Name, int Workers, double Epochs, Quartiles Regret, double Mean, int Found, double Completed, double? Makespan)
{
    public static string[] Heads { get; } = ["scheduler", "workers", "epochs", "of all", "regret", "mean regret", "best found", "completed", "makespan", "by epochs/worker"];

    public static PruningRow Of(string family, string name, int workers, IReadOnlyCollection<PruningRun> runs) => new(
        family,
        name,
        workers,
        Quartiles.Of(runs.Select(run => (double)run.Epochs)).Median,
        Quartiles.Of(runs.Select(run => run.Regret)),
        runs.Average(run => run.Regret),
        runs.Count(run => run.Regret == 0),
        Quartiles.Of(runs.Select(run => (double)run.Completed)).Median,
        Quartiles.Of(runs.Select(run => run.Makespan)).Median);

    /// <param name="all">Steps of all trials together.</param>
    public string[] Cells(double all) =>
    [
        Name, $"{Workers}", $"{Epochs:0}", $"{Epochs / all:P1}", $"{Regret.Median:0.0000} [{Regret.Q25:0.0000}, {Regret.Q75:0.0000}]", $"{Mean:0.0000}", $"{Found}", $"{Completed:0.#}",
        Makespan is { } makespan ? $"{makespan:0.#}" : "-", Makespan is { } time ? $"{time * Workers / Epochs:0.00}" : "-",
    ];
}
