using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>One of Optuna's studies behind our seam, so that the same code judges it. Not pure: the study lives in the other process.</summary>
internal sealed class OptunaSearcher : ISearcher
{
    private readonly OptunaProcess _process;
    private int _told;

    public OptunaSearcher(OptunaProcess process, string sampler, SearchSpace space, ulong seed)
    {
        _process = process;
        Name = $"optuna {sampler}";
        process.Ask(new JsonObject { ["sampler"] = sampler, ["seed"] = seed, ["space"] = JsonNode.Parse(space.ToJson()) });
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Time that Optuna took so far, the way to it and back left out.</summary>
    public double Milliseconds { get; private set; }

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        JsonArray tell = [.. context.Observations.Skip(_told).Select(seen => new JsonArray(seen.Trial, seen.Value))];
        _told = context.Observations.Count;
        JsonElement answer = _process.Ask(new JsonObject { ["tell"] = tell, ["ask"] = count });
        Milliseconds += answer.GetProperty("ms").GetDouble();
        return new([.. answer.GetProperty("configurations").EnumerateArray().Select(pair => pair[1].Deserialize<Configuration>()!)], State: null);
    }
}
