using System.Collections.Immutable;
using HpoServerless.Adapters.Projects;

namespace HpoServerless.Cli.Commands.Configurations;

/// <summary>Which options the commands of each kind of configuration have.</summary>
internal static class ConfigurationOptions
{
    public static ImmutableArray<ConfigurationOption> Of(ConfigurationKind kind) =>
        kind == ConfigurationKind.Hpo ? Hpo() : kind == ConfigurationKind.Grid ? Grid() : Model();

    private static ImmutableArray<ConfigurationOption> Hpo() =>
    [
        ConfigurationOption.Text("algorithm", "Search algorithm. Default: random.", "-a"),
        ConfigurationOption.Text("metric", "Reported number to optimise. Default: accuracy.", "-m"),
        ConfigurationOption.Text("mode", "Whether the metric is to be small or large: min or max. Default: max.", "-o"),
        ConfigurationOption.Text("scheduler", "Trial scheduler, or None. Default: asynchyperband.", "-s"),
        ConfigurationOption.Number("num_trials", "Number of trials. Default: 100.", "-n"),
        ConfigurationOption.Number("max_concurrent", "Trials that run at the same time. Default: 3.", "-c"),
        ConfigurationOption.Text("log_dir", "Folder for logs. Default: ./log.", "-l"),
        ConfigurationOption.Flag("verbose", "Say more while the experiment runs.", "-v"),
        ConfigurationOption.Json("stop", """Thresholds that complete a trial. Default: {"training_iteration": 1}; none where the scheduler says how far trials run; {} lets them run to their own end."""),
        ConfigurationOption.Json("resource", """Resources of one trial, such as {"cpu": 1, "gpu": 1}.""", "-r"),
        ConfigurationOption.Json("scheduler_param", "Options of the scheduler. Default: {}."),
        ConfigurationOption.Json("algorithm_param", "Options of the algorithm. Default: {}."),
        ConfigurationOption.List("extra_metrics", "Further reported numbers to show.", "-e"),
        ConfigurationOption.Json("metrics", """Several metrics to optimise together, such as ["loss:min", "speed:max"]; takes the place of metric and mode."""),
        ConfigurationOption.Json("reference_point", "Up to where the hypervolume of several metrics is measured, such as [1, 0]."),
        ConfigurationOption.List("constraints", "Reported numbers that must be at most 0."),
        ConfigurationOption.Json("points_to_evaluate", """Configurations to evaluate first, such as [{"lr": 0.1}]."""),
        ConfigurationOption.List("warm_start", "Experiments from whose results the search learns."),
        ConfigurationOption.Text("previous_result", "Experiment to go on from."),
        ConfigurationOption.Text("warm_start_strategy", "How to go on from previous_result: continue (its algorithm and search space) or resume (this algorithm). Default: continue."),
        ConfigurationOption.Json("checkpoint", """When trials save themselves and what is kept, such as {"every": 10, "keep": 2}."""),
        ConfigurationOption.Json("sites", """Where trials run, by name or such as [{"name": "pool", "slots": 8, "cost_per_hour": 2.5}]. Default: this installation's own site."""),
        ConfigurationOption.Text("placement", "Which of the sites gets the next segment: free, cheapest or fastest. Default: free."),
        ConfigurationOption.Number("max_cost", "What the experiment may cost."),
        ConfigurationOption.Json("job_queue_sizes", "Trials beside the number of workers, [min, max]. Default: [-1, 0]."),
        ConfigurationOption.Number("seed", "Source of all randomness, from 0 to 2^63-1. Without it every run draws its own."),
        ConfigurationOption.Number("time_limit_s", "Longest experiment, in seconds."),
        ConfigurationOption.Number("target", "Stop as soon as the metric is this good."),
        ConfigurationOption.Json("plateau", """Stop when nothing improves, such as {"trials": 50, "min_delta": 0.001}."""),
        ConfigurationOption.Json("max_failure_rate", """Stop when too many trials fail, such as {"rate": 0.5, "min_trials": 10}."""),
        ConfigurationOption.Number("trial_time_limit_s", "Longest trial, in seconds."),
        ConfigurationOption.Number("stop_grace_s", "How long a trial that was told to stop may go on before it is killed, in seconds."),
        ConfigurationOption.Number("trial_memory_limit_mb", "Memory of one trial, in MiB."),
        ConfigurationOption.Number("log_limit_mb", "Largest log kept of one trial, in MiB."),
        ConfigurationOption.Number("job_retries", "How often a trial starts again when its machine was lost."),
        ConfigurationOption.Flag("isolate", "Give every trial a fresh process."),
    ];

    private static ImmutableArray<ConfigurationOption> Grid() =>
    [
        ConfigurationOption.List("site", "Sites to choose from.", "-s"),
        ConfigurationOption.Text("container", "Container image.", "-c"),
        ConfigurationOption.Flag("retry", "Let the grid retry failed jobs.", "-r"),
        ConfigurationOption.Text("inDS", "Input dataset.", "-i"),
        ConfigurationOption.Text("outDS", "Output dataset; {HPO_PROJECT_NAME} stands for the project's name.", "-o"),
        ConfigurationOption.Json("extra", "Options for the grid's own client."),
    ];

    private static ImmutableArray<ConfigurationOption> Model() =>
    [
        ConfigurationOption.Text("script", "Python script with the training code.", "-s"),
        ConfigurationOption.Text("model", "Function or class in the script.", "-m"),
        ConfigurationOption.Json("param", "Parameters handed to every trial. Default: {}.", "-p"),
        ConfigurationOption.Json("command", """Any other program and its arguments, in place of script and model, such as ["./train.sh", "-x"]."""),
    ];
}
