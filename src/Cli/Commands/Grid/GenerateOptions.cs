using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Steering;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The options of <c>hpo generate</c>, with hpogrid's names and letters.</summary>
internal sealed class GenerateOptions
{
    private const int MostPoints = 100_000;

    private readonly Option<string> _library = new("--library", "--lib", "-l") { Description = "Search algorithm: any name that 'hpo algorithms' lists, hpogrid's names of libraries among them.", HelpName = "NAME", DefaultValueFactory = static _ => "nevergrad" };
    private readonly Option<string?> _method = new("--method") { Description = "Which algorithm of a library: nevergrad's method, optuna's sampler or skopt's base_estimator.", HelpName = "NAME" };
    private readonly Option<string?> _param = new("--algorithm_param") { Description = "Options of the algorithm, a JSON object.", HelpName = "JSON" };
    private readonly Option<string?> _space = new("--space", "-s") { Description = "Search space, JSON or a file with it. Default: opt_space of the input file.", HelpName = "JSON|FILE" };
    private readonly Option<int> _points = new("--n_point", "-n") { Description = "How many points are wanted.", HelpName = "N", Required = true };
    private readonly Option<int?> _maxPoints = new("--max_point", "-m") { Description = "How many points there may be in all, those of the input file included, evaluated or not. Default: any number.", HelpName = "N" };
    private readonly Option<string> _metric = new("--metric", "-e") { Description = "What the number beside each point is called. Changes nothing; command lines of hpogrid have it.", HelpName = "NAME", DefaultValueFactory = static _ => "loss" };
    private readonly Option<string> _mode = new("--mode", "-d") { Description = "Whether that number is to be small (min) or large (max). What 'hpo idds_run' writes is always to be small.", HelpName = "min|max", DefaultValueFactory = static _ => "min" };
    private readonly Option<string?> _inFile = new("--infile", "-i") { Description = "File with the points so far and the search space: {\"points\": [[{hyperparameter: value}, loss or null], ...], \"opt_space\": {...}}. Default: no points.", HelpName = "FILE" };
    private readonly Option<string?> _outFile = new("--outfile", "-o") { Description = "Where the next points go: [{hyperparameter: value}, ...]. Default: the standard output.", HelpName = "FILE" };
    private readonly Option<long> _seed = new("--seed") { Description = "Source of all randomness.", HelpName = "N" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _points, _maxPoints, _inFile, _outFile, _library, _method, _param, _space, _metric, _mode, _seed })
        {
            command.Add(option);
        }
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="InvalidInputException">Lists everything that is wrong with the options and the files.</exception>
    public GenerateInput Read(ParseResult parsed, string currentDirectory)
    {
        List<Fault> faults = [];
        int points = parsed.GetValue(_points);
        int? maxPoints = parsed.GetValue(_maxPoints);
        long seed = parsed.GetValue(_seed);
        Require(points is >= 0 and <= MostPoints, _points, points, $"must be from 0 to {MostPoints}");
        Require(maxPoints is not < 0, _maxPoints, maxPoints ?? 0);
        Require(seed >= 0, _seed, seed);
        string mode = parsed.GetRequiredValue(_mode);
        if (mode is not ("min" or "max"))
        {
            faults.Add(new(_mode.Name, mode, "must be min or max"));
        }

        JsonElement? options = Try(() => Options(parsed), faults);
        SteeringDocument? document = Try(() => Document(parsed, currentDirectory), faults);
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        SteeringRequest request = new(parsed.GetRequiredValue(_library), points)
        {
            MaxPoints = maxPoints,
            Options = options,
            Mode = mode == "max" ? OptimizationMode.Max : OptimizationMode.Min,
            Seed = (ulong)seed,
        };
        return new(document!, request, parsed.GetValue(_outFile) is { } file ? Path.GetFullPath(file, currentDirectory) : null);

        void Require(bool holds, Option option, long value, string rule = "must be at least 0")
        {
            if (!holds)
            {
                faults.Add(new(option.Name, value.ToString(CultureInfo.InvariantCulture), rule));
            }
        }
    }

    private JsonElement? Options(ParseResult parsed)
    {
        Dictionary<string, JsonElement> options = [];
        if (parsed.GetValue(_param) is { } text)
        {
            JsonElement json = GridJson.Parse(text, _param.Name);
            if (json.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException(new Fault(_param.Name, text, "must be a JSON object"));
            }

            foreach (JsonProperty member in json.EnumerateObject())
            {
                options[member.Name] = member.Value;
            }
        }

        if (parsed.GetValue(_method) is { } method)
        {
            string library = parsed.GetRequiredValue(_library);
            string? name = library switch { "nevergrad" => "method", "optuna" => "sampler", "skopt" => "base_estimator", _ => null };
            options[name ?? throw new InvalidInputException(new Fault(_method.Name, method, $"must be left out with library {library}: nevergrad, optuna and skopt have methods"))] =
                JsonSerializer.SerializeToElement(method);
        }

        return options.Count == 0 ? null : JsonSerializer.SerializeToElement(options);
    }

    private SteeringDocument Document(ParseResult parsed, string currentDirectory)
    {
        SearchSpace? space = parsed.GetValue(_space) is { } given ? ReadSpace(given, currentDirectory) : null;
        return parsed.GetValue(_inFile) is { } file ? SteeringDocument.Parse(GridJson.Read(Path.GetFullPath(file, currentDirectory), _inFile.Name), _inFile.Name, space)
            : space is not null ? SteeringDocument.Begin(space)
            : throw new InvalidInputException(new Fault(_inFile.Name, null, $"is missing: give the points so far, or {_space.Name} for the first ones"));
    }

    private SearchSpace ReadSpace(string given, string currentDirectory) => SearchSpace.Parse(
        given.TrimStart().StartsWith('{') ? GridJson.Parse(given, _space.Name) : GridJson.Read(Path.GetFullPath(given, currentDirectory), _space.Name), _space.Name);

    private static T? Try<T>(Func<T> read, List<Fault> faults)
    {
        try
        {
            return read();
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
            return default;
        }
    }
}
