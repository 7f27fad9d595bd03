using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Steering;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The files by which iDDS hands a point to a job and gets its loss back.</summary>
/// <param name="Input">Full path of the file with the point, or points; null: the one of <see cref="InputNames"/> that is there.</param>
/// <param name="Output">Full path of the file for the loss.</param>
/// <param name="Metadata">Full path of the file for the job's metadata.</param>
/// <param name="Folder">Where the input lies where it was not named.</param>
internal sealed record EvaluationFiles(string? Input, string Output, string Metadata, string Folder)
{
    private const string InputOption = "--input";

    /// <summary>What the input may be called.</summary>
    public static string[] InputNames { get; } = ["input.json", "input_hyperparameters.json"];

    /// <summary>Changes nothing.</summary>
    /// <exception cref="InvalidInputException">Two of the files are one.</exception>
    public void Check()
    {
        (string Option, string Path)[] files = [.. Inputs.Select(path => (InputOption, path)), ("--output", Output), ("--meta", Metadata)];
        List<Fault> faults =
        [
            .. files.Index().Where(file => files.Take(file.Index).Any(other => IsSame(other.Path, file.Item.Path)))
                .Select(file => new Fault(file.Item.Option, JsonSerializer.Serialize(file.Item.Path), "must be a file of its own: the input, the output and the metadata are three")),
        ];
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    /// <summary>Takes the last point's loss away, which would be taken for this one's if the job were killed, and writes metadata without results.</summary>
    public void Begin()
    {
        JobMetadata.Begin(Metadata);
        try
        {
            File.Delete(Output);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault("--output", JsonSerializer.Serialize(Output), $"must be a file that can be written: {error.Message}"));
        }
    }

    /// <summary>Reads the points.</summary>
    /// <returns>The points, and whether the file holds a list of them instead of a single one.</returns>
    /// <exception cref="InvalidInputException">Something is wrong with the file or a point; lists all of it.</exception>
    public (IReadOnlyList<Configuration> Points, bool IsList) Read(SearchSpace space)
    {
        string file = Input ?? Inputs.FirstOrDefault(File.Exists)
            ?? throw new InvalidInputException(new Fault(InputOption, null, $"is missing: {Folder} has neither {string.Join(" nor ", InputNames)}"));
        JsonElement json = GridJson.Read(file, InputOption);
        return (PointList.Parse(json, Path.GetFileName(file), space), json.ValueKind == JsonValueKind.Array);
    }

    /// <summary>Writes what came of the points.</summary>
    /// <param name="points">One result a point.</param>
    /// <param name="isList">Whether losses are a list.</param>
    /// <returns>Whether every point has a loss.</returns>
    public bool Write(IReadOnlyList<EvaluatedPoint> points, bool isList)
    {
        string[] errors = [.. points.Index().Where(p => p.Item.Error is not null).Select(p => isList ? $"point {p.Index}: {p.Item.Error}" : p.Item.Error!)];
        JsonNode? loss = isList ? new JsonArray([.. points.Select(point => (JsonNode?)point.Loss)]) : points[0].Loss;
        Write(errors.Length == 0 ? ExitCode.Done : ExitCode.Failed, loss, string.Join("; ", errors));
        return errors.Length == 0;
    }

    /// <summary>Writes that nothing was evaluated.</summary>
    public void WriteError(Exception error) =>
        Write(ExitCode.Of(error), loss: null, error is InvalidInputException invalid ? string.Join("; ", invalid.Faults) : error is OperationCanceledException ? "interrupted" : error.Message);

    private IEnumerable<string> Inputs => Input is { } input ? [input] : InputNames.Select(name => Path.Combine(Folder, name));

    private static bool IsSame(string one, string other) => string.Equals(Real(one), Real(other), StringComparison.Ordinal);

    private static string Real(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    private void Write(int status, JsonNode? loss, string message) =>
        GridJson.Write(Output, JsonSerializer.SerializeToElement(new JsonObject { ["status"] = status, ["loss"] = loss, ["message"] = message }), "--output");
}
