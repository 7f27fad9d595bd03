using System.Text.Json.Nodes;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>The policies of <c>resource_args.early_stop</c>, which are trial schedulers here.</summary>
internal static class AupEarlyStop
{
    public const string Key = "early_stop";
    private const string Bandit = "bandit";
    private const string Median = "median";
    private const string Truncation = "truncation";
    private const string CurveFitting = "curve_fitting";

    /// <summary>Reads the policy into hpo_config.</summary>
    /// <param name="arguments">resource_args.</param>
    /// <param name="hasBudgets">Whether the proposer stops jobs itself.</param>
    /// <param name="proposer">Its name.</param>
    /// <param name="hpo">Takes scheduler and options.</param>
    /// <param name="remarks">Takes what means nothing.</param>
    public static void Read(DocumentReader arguments, bool hasBudgets, string proposer, JsonObject hpo, List<string> remarks)
    {
        if (!arguments.Has(Key))
        {
            return;
        }

        DocumentReader stop = arguments.Child(Key);
        string? policy = stop.Choice("aup_policy", Bandit, Median, Truncation, CurveFitting);
        if (!stop.Has("aup_policy"))
        {
            stop.Fault("aup_policy", $"is missing; valid are {Bandit}, {Median}, {Truncation}, {CurveFitting}");
        }

        if (!stop.Has("aup_policy_steps"))
        {
            stop.Fault("aup_policy_steps", "is missing: jobs are compared every so many results");
        }

        JsonObject options = new()
        {
            ["interval_steps"] = stop.Integer("aup_policy_steps", 1, 1_000_000_000) ?? 1,
            ["warmup_steps"] = stop.Integer("warmup", 0, 1_000_000_000) ?? 0,
        };
        if (policy == Median)
        {
            options["min_trials"] = 1;
        }

        Option("bandit_factor", Bandit, "bandit_factor");
        Option("truncation_percentage", Truncation, "truncation_percentage");
        Option("curve_fitting_max_iters", CurveFitting, "curve_fitting_max_iters");
        Option("curve_fitting_threshold", CurveFitting, "curve_fitting_threshold");
        Option("curve_fitting_timeout", CurveFitting, "curve_fitting_timeout");
        if (policy == CurveFitting && !stop.Has("curve_fitting_max_iters"))
        {
            stop.Fault("curve_fitting_max_iters", "is missing: how many results a job has in the end");
        }

        stop.Done();
        if (hasBudgets)
        {
            remarks.Add($"resource_args.early_stop is left out: {proposer} says itself which jobs go on");
            return;
        }

        hpo["scheduler"] = policy ?? Median;
        hpo["scheduler_param"] = options;

        void Option(string key, string of, string name)
        {
            if (stop.Number(key, static _ => true, "must be a number") is not { } value)
            {
                return;
            }

            if (policy == of)
            {
                options[name] = value == Math.Floor(value) ? JsonValue.Create((long)value) : JsonValue.Create(value);
            }
            else
            {
                remarks.Add($"resource_args.early_stop.{key} is for the policy {of} alone");
            }
        }
    }
}
