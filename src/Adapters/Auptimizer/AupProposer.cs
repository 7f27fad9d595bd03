using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>What a proposer is here: a search algorithm, a trial scheduler and a number of trials.</summary>
internal static class AupProposer
{
    public const string Sequence = "sequence";

    private const string Random = "random";
    private const string Spearmint = "spearmint";
    private const string Hyperopt = "hyperopt";
    private const string Hyperband = "hyperband";
    private const string Bohb = "bohb";
    private const string Samples = "n_samples";
    private const string Engine = "engine";
    private const string AlgorithmParam = "algorithm_param";
    private const string SchedulerParam = "scheduler_param";
    private const string NumTrials = "num_trials";
    private const double Slack = 1e-9;
    private const long MostTrials = int.MaxValue;

    /// <summary>The proposers, and the keys that each of them has beside those of all.</summary>
    private static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> Keys = new Dictionary<string, ImmutableArray<string>>
    {
        [Random] = [Samples],
        [Sequence] = [],
        [Spearmint] = [Samples, Engine, "grid_size"],
        [Hyperopt] = [Samples, Engine],
        [Hyperband] = [Engine, "max_iter", "eta", "skip_last"],
        [Bohb] = ["n_iterations", "eta", "min_budget", "max_budget", .. BohbOptions],
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static ImmutableArray<string> BohbOptions => ["min_points_in_model", "top_n_percent", "num_samples", "random_fraction", "bandwidth_factor", "min_bandwidth"];

    /// <summary>Whether jobs are told how far to go, and go on later.</summary>
    public static bool HasBudgets(string proposer) => proposer is Hyperband or Bohb;

    /// <summary>Reads the name, in whatever case; <c>random</c> where it is missing or unknown.</summary>
    public static string ReadName(DocumentReader reader)
    {
        string? given = reader.Text("proposer");
        string name = given?.ToLowerInvariant() ?? string.Empty;
        if (Keys.ContainsKey(name))
        {
            return name;
        }

        reader.Fault("proposer", name == "eas"
            ? $"must be one of {string.Join(", ", Keys.Keys)}: searching for architectures (EAS) is not offered"
            : given is null ? $"is missing; valid are {string.Join(", ", Keys.Keys)}" : $"must be one of {string.Join(", ", Keys.Keys)}");
        return Random;
    }

    /// <summary>Reads the proposer's own keys.</summary>
    /// <param name="reader">The experiment.</param>
    /// <param name="proposer">Its proposer.</param>
    /// <param name="gridSize">Points of its grid.</param>
    /// <param name="remarks">Takes what means nothing.</param>
    /// <returns>Members of hpo_config.</returns>
    public static JsonObject Read(DocumentReader reader, string proposer, long gridSize, List<string> remarks)
    {
        foreach (string key in Keys.Values.SelectMany(keys => keys).Distinct().Except(Keys[proposer]).Where(reader.Has))
        {
            remarks.Add(key == Samples ? $"{key} is left out: {proposer} says itself how many jobs there are" : $"{key} means nothing to the proposer {proposer}");
        }

        JsonObject search = proposer switch
        {
            Sequence => new() { ["algorithm"] = "grid", [NumTrials] = Math.Min(gridSize, MostTrials) },
            Spearmint => ReadSpearmint(reader, remarks),
            Hyperopt => new() { ["algorithm"] = reader.Choice(Engine, "tpe", "random") == "random" ? "random" : "tpe" },
            Hyperband => ReadHyperband(reader),
            Bohb => ReadBohb(reader, remarks),
            _ => new() { ["algorithm"] = "random" },
        };
        if (Keys[proposer].Contains(Samples))
        {
            if (!reader.Has(Samples))
            {
                reader.Fault(Samples, $"is missing: {proposer} needs the number of jobs");
            }

            search[NumTrials] = reader.Integer(Samples, 1, MostTrials) ?? 1;
        }

        search.TryAdd("scheduler", "none");
        return search;
    }

    private static JsonObject ReadSpearmint(DocumentReader reader, List<string> remarks)
    {
        string engine = reader.Choice(Engine, "GPEIOptChooser", "GPEIChooser", "GPEIperSecChooser", "GPConstrainedEIChooser", "RandomForestEIChooser", "RandomChooser", "SequentialChooser") ?? "GPEIChooser";
        if (reader.Integer("grid_size", 1, MostTrials) is not null)
        {
            remarks.Add("grid_size is left out: candidates are not taken from a grid");
        }

        if (engine is "GPEIperSecChooser" or "GPConstrainedEIChooser")
        {
            remarks.Add($"engine {engine} is expected improvement without the time that jobs take, and without constraints");
        }

        return engine switch
        {
            "RandomForestEIChooser" => new() { ["algorithm"] = "forest" },
            "RandomChooser" => new() { ["algorithm"] = "random" },
            "SequentialChooser" => new() { ["algorithm"] = "sobol" },
            _ => new() { ["algorithm"] = "gp", [AlgorithmParam] = new JsonObject { ["acq_func"] = "ei" } },
        };
    }

    private static JsonObject ReadHyperband(DocumentReader reader)
    {
        reader.Choice(Engine, "random");
        double longest = reader.Number("max_iter", static n => n >= 1, "must be at least 1") ?? 81;
        double eta = reader.Number("eta", static n => n > 1, "must be above 1") ?? 3;
        int brackets = (int)Math.Floor((Math.Log(longest) / Math.Log(eta)) + Slack) + 1;
        long skipped = reader.Integer("skip_last", 0, Math.Max(0, brackets - 1)) ?? 0;
        double trials = Enumerable.Range(0, brackets).Sum(s => Math.Ceiling((brackets * Math.Pow(eta, s) / (s + 1)) - Slack));
        return new()
        {
            ["algorithm"] = "random",
            ["scheduler"] = "hyperband",
            [SchedulerParam] = new JsonObject { ["max_iter"] = longest, ["eta"] = eta, ["skip_last"] = skipped, ["n_iterations"] = brackets },
            [NumTrials] = Number(trials),
        };
    }

    private static JsonObject ReadBohb(DocumentReader reader, List<string> remarks)
    {
        long iterations = reader.Integer("n_iterations", 1, 1_000_000) ?? 4;
        double eta = reader.Number("eta", static n => n > 1, "must be above 1") ?? 3;
        double least = reader.Number("min_budget", static n => n > 0, "must be above 0") ?? 0.01;
        double most = reader.Number("max_budget", static n => n > 0, "must be above 0") ?? 1;
        if (least >= most)
        {
            reader.Fault("max_budget", "must be above min_budget");
            most = least * eta;
        }

        if (least < 1)
        {
            remarks.Add("jobs are told whole n_iterations of at least 1: give min_budget and max_budget in iterations, so that larger budgets mean more of them");
        }

        JsonObject options = [];
        foreach (string key in BohbOptions)
        {
            if (reader.Number(key, static _ => true, "must be a number") is { } value)
            {
                options[key] = value == Math.Floor(value) ? JsonValue.Create((long)value) : JsonValue.Create(value);
            }
        }

        int levels = (int)Math.Floor((Math.Log(most / least) / Math.Log(eta)) + Slack) + 1;
        double trials = 0;
        for (long i = 0; i < Math.Min(iterations, levels); i++)
        {
            int s = (int)(levels - 1 - i);
            trials += Math.Ceiling((levels / (s + 1) * Math.Pow(eta, s)) - Slack) * Math.Ceiling((iterations - i) / (double)levels);
        }

        return new()
        {
            ["algorithm"] = "bohb",
            [AlgorithmParam] = options,
            ["scheduler"] = "bohbhyperband",
            [SchedulerParam] = new JsonObject { ["min_budget"] = least, ["max_budget"] = most, ["eta"] = eta, ["n_iterations"] = iterations },
            [NumTrials] = Number(trials),
        };
    }

    private static long Number(double trials) => (long)Math.Clamp(trials, 1, MostTrials);
}
