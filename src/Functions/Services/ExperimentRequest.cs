using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>What a start asks for: a project, and what this run changes of it.</summary>
/// <param name="Project">Name of the project.</param>
/// <param name="Overrides">What is changed.</param>
public sealed record ExperimentRequest(string Project, RunOverrides Overrides)
{
    private const double LongestSeconds = 100.0 * 365 * 86400;

    /// <summary>Reads <c>{"project", "seed", "maxConcurrent", "numTrials", "timeLimitS", "isolate", "previousResult", "warmStartStrategy", "sites"}</c>; all but the project may be missing.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static ExperimentRequest Read(JsonElement json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        string? project = reader.Text("project");
        ExperimentRequest request = new(project ?? string.Empty, new(
            Seed: (ulong?)reader.Integer("seed", 0, long.MaxValue),
            MaxConcurrent: (int?)reader.Integer("maxConcurrent", 1, int.MaxValue),
            TimeLimit: reader.Number("timeLimitS", static s => s is >= 0.001 and <= LongestSeconds, "must be a number of seconds from 0.001 to 100 years") is { } seconds
                ? TimeSpan.FromSeconds(seconds)
                : null,
            NumTrials: (int?)reader.Integer("numTrials", 1, int.MaxValue),
            Isolate: reader.Flag("isolate"))
        {
            PreviousResult = reader.Text("previousResult"),
            Sites = reader.Texts("sites") ?? [],
            WarmStartStrategy = HeadStart.StrategyOf(reader.Choice("warmStartStrategy", "continue", "resume")),
        });
        if (!reader.Has("project"))
        {
            reader.Fault("project", "is missing");
        }

        reader.Done();
        return faults.Count == 0 ? request : throw new InvalidInputException([.. faults]);
    }
}
