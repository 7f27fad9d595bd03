using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The file by which a grid job hands its results to whoever asks for the job's metadata, with the members that hpogrid's reports read and no other.</summary>
/// <remarks>Trials without a value are left out: no report could compare them.</remarks>
internal static class JobMetadata
{
    public const string FileName = "userJobMetadata.json";

    private const string DateFormat = "MM/dd/yyyy, HH:mm:ss";

    /// <summary>Writes the file without results, so that nobody takes a job that has just begun for one that hangs.</summary>
    public static void Begin(string file) => GridJson.Write(file, JsonSerializer.SerializeToElement(new JsonObject()), FileName);

    /// <summary>Writes the results.</summary>
    public static void Write(string file, ExperimentDefinition definition, ExperimentView view, IEnumerable<TrialView> trials, TimeProvider time) =>
        GridJson.Write(file, JsonSerializer.SerializeToElement(Of(definition, view, trials, time)), FileName);

    private static JsonObject Of(ExperimentDefinition definition, ExperimentView view, IEnumerable<TrialView> trials, TimeProvider time)
    {
        DateTimeOffset start = view.CreatedAt;
        DateTimeOffset end = view.EndedAt ?? view.UpdatedAt;
        JsonObject result = [];
        foreach (TrialView trial in trials.Where(trial => trial.Value is not null))
        {
            result[result.Count.ToString(CultureInfo.InvariantCulture)] = Row(definition, trial);
        }

        return new()
        {
            ["project_name"] = definition.Project,
            ["start_datetime"] = Local(start),
            ["end_datetime"] = Local(end),
            ["start_timestamp"] = start.ToUnixTimeMilliseconds() / 1000.0,
            ["task_time_s"] = Seconds(end - start),
            ["hyperparameters"] = new JsonArray([.. definition.Space.Parameters.Select(parameter => JsonValue.Create(parameter.Name))]),
            ["metric"] = definition.Metric,
            ["mode"] = definition.Mode == OptimizationMode.Max ? "max" : "min",
            ["best_config"] = view.Best is { } best ? JsonNode.Parse(best.Config.ToJson()) : null,
            ["result"] = result,
        };

        string Local(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone).ToString(DateFormat, CultureInfo.InvariantCulture);
    }

    private static JsonObject Row(ExperimentDefinition definition, TrialView trial)
    {
        JsonObject row = new() { ["time_s"] = trial.EndedAt is { } ended ? Seconds(ended - trial.StartedAt) : null };
        JsonNode config = JsonNode.Parse(trial.Config.ToJson())!;
        foreach (string name in definition.Space.Parameters.Select(parameter => parameter.Name))
        {
            row[name] = config[name]?.DeepClone();
        }

        row[definition.Metric] = trial.Value;
        return row;
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
