using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>Says by the keys of an experiment file what is wrong with the project that it became.</summary>
internal static class AupFaults
{
    private const string Search = "hpo_config.";
    private const string Space = "search_space.";

    /// <summary>Longest first: options of algorithms and schedulers are keys of the file by their own names.</summary>
    private static readonly (string Ours, string Theirs)[] Names =
    [
        ("hpo_config.algorithm_param.", string.Empty),
        ("hpo_config.max_failure_rate", "job_failure"),
        ("hpo_config.max_concurrent", "n_parallel"),
        ("hpo_config.algorithm", "proposer"),
        ("hpo_config.num_trials", "n_samples"),
        ("hpo_config.resource", "resource"),
        ("hpo_config.metric", "target"),
        ("hpo_config.sites", "resource"),
        ("hpo_config.mode", "target"),
        ("hpo_config.seed", "random_seed"),
        ("model_config.result_labels", "resource_args.multi_res_labels"),
        ("model_config", "script"),
        ("project_name", "name"),
    ];

    /// <summary>The same error with other paths.</summary>
    /// <param name="error">Of the project.</param>
    /// <param name="hasBudgets">Whether the scheduler is the proposer's own, and not <c>early_stop</c>.</param>
    /// <param name="parameters">Names of the parameters, in the order of the file.</param>
    public static InvalidInputException Renamed(InvalidInputException error, bool hasBudgets, IReadOnlyList<string> parameters) =>
        new([.. error.Faults.Select(fault => fault with { Path = PathOf(fault.Path, hasBudgets, parameters) })]);

    private static string PathOf(string path, bool hasBudgets, IReadOnlyList<string> parameters)
    {
        if (path.StartsWith("search_space", StringComparison.Ordinal))
        {
            string name = path.StartsWith(Space, StringComparison.Ordinal) ? path[Space.Length..] : string.Empty;
            int index = parameters.ToList().FindIndex(known => name == known || name.StartsWith($"{known}.", StringComparison.Ordinal));
            return index < 0 ? "parameter_config" : FormattableString.Invariant($"parameter_config[{index}]");
        }

        if (path.StartsWith("hpo_config.scheduler", StringComparison.Ordinal))
        {
            string option = path.StartsWith("hpo_config.scheduler_param.", StringComparison.Ordinal) ? path["hpo_config.scheduler_param.".Length..] : string.Empty;
            return !hasBudgets ? $"resource_args.{AupEarlyStop.Key}{(option.Length > 0 ? $".{option}" : string.Empty)}" : option.Length > 0 ? option : "proposer";
        }

        foreach ((string ours, string theirs) in Names)
        {
            if (path.StartsWith(ours, StringComparison.Ordinal))
            {
                return theirs.Length > 0 ? theirs : path[ours.Length..];
            }
        }

        return path.StartsWith(Search, StringComparison.Ordinal) ? path[Search.Length..] : path;
    }
}
