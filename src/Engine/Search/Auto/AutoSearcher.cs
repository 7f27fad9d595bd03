using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>Experimental.</summary>
internal sealed class AutoSearcher : ISearcher
{
    private readonly Dictionary<string, ISearcher> _delegates = [];
    private readonly Lock _lock = new();
    private static readonly string[] Plan = (Environment.GetEnvironmentVariable("AUTO_PLAN") ?? "gp").Split(',');
    private static readonly int From = int.Parse(Environment.GetEnvironmentVariable("AUTO_FROM") ?? "20");
    private static readonly int To = int.Parse(Environment.GetEnvironmentVariable("AUTO_TO") ?? "100000");
    private static readonly double Tol = double.Parse(Environment.GetEnvironmentVariable("AUTO_TOL") ?? "0");
    private static readonly int Share = int.Parse(Environment.GetEnvironmentVariable("AUTO_SHARE") ?? "4");

    private static readonly int Polish = int.Parse(Environment.GetEnvironmentVariable("AUTO_POLISH") ?? "1000000");
    private static readonly int PFrom = int.Parse(Environment.GetEnvironmentVariable("AUTO_PFROM") ?? "30");
    private static readonly double PTol = double.Parse(Environment.GetEnvironmentVariable("AUTO_PTOL") ?? "1e-3");
    private readonly Modelling.HistoryMemo _memo = new();

    /// <inheritdoc/>
    public string Name => "auto";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            Dictionary<string, string> states = context.State is null ? [] : JsonSerializer.Deserialize<Dictionary<string, string>>(context.State)!;
            ImmutableArray<Configuration>.Builder suggestions = ImmutableArray.CreateBuilder<Configuration>();
            ImmutableArray<string>.Builder reasons = ImmutableArray.CreateBuilder<string>();
            List<PendingTrial> pending = [.. context.Pending];
            SearchStatus status = SearchStatus.Open;
            int start = states.TryGetValue("start", out string? text) ? int.Parse(text) : 0;
            int runs = states.TryGetValue("runs", out string? rt) ? int.Parse(rt) : 0;
            if (Tol > 0)
            {
                List<Observation> own = start == 0 ? [.. context.Observations] : [.. context.Observations.Where(o => o.Trial >= start && o.Trial % Share != 0)];
                if (HasConverged(own, context.Space.Dimension, Tol, 20))
                {
                    start = context.NextTrial;
                    runs++;
                    states["start"] = start.ToString();
                    states["runs"] = runs.ToString();
                    states.Remove("restart");
                }
            }

            while (suggestions.Count < count && status == SearchStatus.Open)
            {
                int trial = context.NextTrial + suggestions.Count;
                if (start > 0 && trial % Share != 0)
                {
                    ISearcher sub = Of("restart", "gp", context.Space);
                    int Local(int t) => t - start + 1 - ((t / Share) - ((start - 1) / Share));
                    SearchContext inner = context with
                    {
                        NextTrial = Local(trial),
                        Seed = context.Seed + ((ulong)runs * 1000003),
                        Observations = [.. context.Observations.Where(o => o.Trial >= start && o.Trial % Share != 0).Select(o => o with { Trial = Local(o.Trial) })],
                        Pending = [.. pending.Where(o => o.Trial >= start && o.Trial % Share != 0).Select(o => o with { Trial = Local(o.Trial) })],
                        State = states.GetValueOrDefault("restart"),
                    };
                    SearchStep one = sub.Suggest(inner, 1);
                    states["restart"] = one.State!;
                    suggestions.Add(one.Suggestions[0]);
                    pending.Add(new(trial, one.Suggestions[0]));
                    reasons.Add("restart");
                    continue;
                }

                bool pol = start > 0 ? (trial / Share) % 2 == 0 : trial > PFrom && trial % Polish == 0 && HasConverged([.. context.Observations], context.Space.Dimension, PTol, 0);
                if (pol)
                {
                    Modelling.SearchHistory h = _memo.Read(context);
                    Modelling.SuggestionBatch b = new(context with { Pending = pending }, h);
                    if (LocalStep.TryAdd(b, h, SeededRandom.For(context.Seed, "auto-local", trial), "polish"))
                    {
                        SearchStep st = b.ToStep();
                        suggestions.Add(st.Suggestions[0]);
                        pending.Add(new(trial, st.Suggestions[0]));
                        reasons.Add("polish");
                        continue;
                    }
                }

                string name = NameOf(trial);
                int run = 1;
                ISearcher searcher = Of(name, name, context.Space);
                SearchStep step = searcher.Suggest(context with { NextTrial = trial, State = states.GetValueOrDefault(name), Pending = pending }, run);
                status = step.Status;
                for (int i = 0; i < step.Suggestions.Length; i++)
                {
                    pending.Add(new(trial + i, step.Suggestions[i]));
                    suggestions.Add(step.Suggestions[i]);
                    reasons.Add(name);
                }

                if (step.State is not null)
                {
                    states[name] = step.State;
                }
            }

            return new(suggestions.ToImmutable(), JsonSerializer.Serialize(states.OrderBy(p => p.Key).ToDictionary()), status) { Reasons = reasons.ToImmutable() };
        }
    }

    private ISearcher Of(string key, string name, SearchSpace space)
    {
        if (!_delegates.TryGetValue(key, out ISearcher? searcher))
        {
            _delegates[key] = searcher = SearcherRegistry.Create(name, null, space);
        }

        return searcher;
    }

    private static bool HasConverged(List<Observation> own, int d, double Tol, int least)
    {
        double[] values = [.. own.Where(o => o.Value is not null).Select(o => o.Value!.Value).Order()];
        if (values.Length < least + (2 * d))
        {
            return false;
        }

        double best = values[0];
        double median = values[values.Length / 2];
        int near = values.Count(v => v - best <= Tol * (median - best));
        return near >= d + 2;
    }

    private static string NameOf(int trial) => trial <= From || trial > To ? Plan[0] : Plan[trial % Plan.Length];
}
