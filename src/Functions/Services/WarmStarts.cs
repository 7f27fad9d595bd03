using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Access;

namespace HpoServerless.Functions.Services;

/// <summary>Reads what an experiment is to learn from earlier ones.</summary>
public sealed class WarmStarts(IExperimentStore experiments, ITrialStore trials, Ownership ownership)
{
    private const int PageSize = 1000;
    private const string Previous = "hpo_config.previous_result";

    /// <summary>The definition with the results that its warm start names; as it is where it names none, or they were read before.</summary>
    /// <exception cref="InvalidInputException">There is no such experiment, or none of its trials reported what this one optimises; lists all of them.</exception>
    public async Task<ExperimentDefinition> ReadAsync(ExperimentDefinition definition, Caller by, CancellationToken cancellation)
    {
        if (definition.WarmStart is not { Trials: null } warmStart)
        {
            return definition;
        }

        string? instead = null;
        if (warmStart.Strategy == WarmStartStrategy.Continue)
        {
            instead = definition.Algorithm.Name;
            definition = await ContinuedAsync(definition, warmStart.Experiments[0], by, cancellation);
        }

        WarmStartBuilder builder = new(definition);
        List<Fault> faults = [];
        foreach ((int index, string id) in warmStart.Experiments.Index())
        {
            if (await ReadAsync(builder, definition, id, by, cancellation) is { } rule)
            {
                faults.Add(new(warmStart.Strategy == WarmStartStrategy.Continue ? Previous : $"hpo_config.warm_start[{index}]", JsonSerializer.Serialize(id), rule));
            }
        }

        if (faults.Count == 0 && builder.IsEmpty)
        {
            faults.Add(new(warmStart.Strategy == WarmStartStrategy.Continue ? Previous : "hpo_config.warm_start", JsonSerializer.Serialize(warmStart.Experiments), "must have trials that lie in this search space; none does"));
        }

        return faults.Count == 0 ? definition with { WarmStart = builder.Build(warmStart.Experiments) with { Strategy = warmStart.Strategy, Instead = instead } } : throw new InvalidInputException([.. faults]);
    }

    /// <summary>The definition with the algorithm and the search space of an earlier experiment; as it is where there is no such experiment, which is refused later.</summary>
    /// <exception cref="InvalidInputException">The points to evaluate do not lie in that search space.</exception>
    private async Task<ExperimentDefinition> ContinuedAsync(ExperimentDefinition definition, string id, Caller by, CancellationToken cancellation)
    {
        if (await SeenAsync(id, by, cancellation) is not { Definition: var earlier })
        {
            return definition;
        }

        HeadStart.ParsePoints(JsonSerializer.SerializeToElement(definition.InitialPoints, EngineJson.Options), earlier.Space, "hpo_config.points_to_evaluate");
        return definition with { Algorithm = earlier.Algorithm, Space = earlier.Space };
    }

    private async Task<ExperimentRecord?> SeenAsync(string id, Caller by, CancellationToken cancellation) =>
        ExperimentIds.IsValid(id) && await experiments.FindAsync(id, cancellation) is { } found && ownership.Sees(by, found.Definition.Owner) ? found : null;

    /// <returns>The rule that the experiment breaks; null for none.</returns>
    private async Task<string?> ReadAsync(WarmStartBuilder builder, ExperimentDefinition definition, string id, Caller by, CancellationToken cancellation)
    {
        if (await SeenAsync(id, by, cancellation) is not { } source)
        {
            return "must be an experiment that exists here";
        }

        bool hasValues = false;
        string? continuation = null;
        do
        {
            Page<Trial> page = await trials.ListAsync(id, new(PageSize, continuation), cancellation);
            foreach (Trial trial in page.Items)
            {
                hasValues |= builder.Add(trial);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        ImmutableArray<string> wanted = [.. definition.AllObjectives.Select(objective => objective.Name), .. definition.Constraints];
        return hasValues ? null : $"must have an ended trial that reported {string.Join(", ", wanted)}; it optimises {string.Join(", ", source.Definition.AllObjectives.Select(objective => objective.Name))}";
    }
}
