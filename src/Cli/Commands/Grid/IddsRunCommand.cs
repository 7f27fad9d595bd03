using System.CommandLine;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Space;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The command <c>idds_run</c>: what iDDS runs to evaluate a point.</summary>
internal static class IddsRunCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        Argument<string> project = new("PROJECT") { Description = "A project's name, a folder, or a .json or .yaml file; also the name of the project that lies in the current folder." };
        Option<string?> input = new("--input") { Description = $"File with the point, {{hyperparameter: value}}, or a list of points. Default: {string.Join(" or ", EvaluationFiles.InputNames)} in the current folder.", HelpName = "FILE" };
        Option<string> output = new("--output") { Description = "Where {\"status\", \"loss\", \"message\"} goes.", HelpName = "FILE", DefaultValueFactory = static _ => "output.json" };
        Option<string> meta = new("--meta") { Description = "Where the job's metadata goes.", HelpName = "FILE", DefaultValueFactory = static _ => JobMetadata.FileName };
        Option<string> data = DataOption.Create();
        CliCommand command = new(
            "idds_run",
            "Evaluate the point that iDDS chose, with the project's script, on this machine: one trial, without search and early stopping. The loss is what iDDS makes small: "
            + "the metric, or its negative where the project's mode is max. Exit codes: 0 evaluated; 1 the trial failed; 2 invalid input; 130 interrupted. Status in the output file is the same number.",
            "hpo idds_run my_project",
            "hpo idds_run examples/simple_objective --input point.json --output loss.json")
        {
            project,
            input,
            output,
            meta,
            data,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            EvaluationFiles files = new(
                parsed.GetValue(input) is { } given ? Full(given) : null, Full(parsed.GetRequiredValue(output)), Full(parsed.GetRequiredValue(meta)), context.CurrentDirectory);
            try
            {
                JobMetadata.Begin(files.Metadata);
                LoadedProject loaded = GridProject.Load(context, parsed.GetRequiredValue(project));
                (IReadOnlyList<Configuration> points, bool isList) = files.Read(loaded.Document.Space);
                int concurrent = Math.Min(points.Count, loaded.Document.Hpo.MaxConcurrent);
                EvaluationResult result = await new Evaluation(context, loaded, DataOption.Path(parsed, data, context)).RunAsync(points, concurrent, cancellation);
                JobMetadata.Write(files.Metadata, result.Definition, result.View, result.Trials, context.Time);
                return Report(context, files.Write(result.Points, isList), result);
            }
            catch (Exception error)
            {
                files.WriteError(error);
                throw;
            }
        });
        yield return command;

        string Full(string path) => Path.GetFullPath(path, context.CurrentDirectory);
    }

    private static int Report(CliContext context, bool isDone, EvaluationResult result)
    {
        foreach (EvaluatedPoint point in result.Points)
        {
            if (point.Error is null)
            {
                context.Output.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"loss {point.Loss:R}: {point.Point.ToJson()}"));
            }
            else
            {
                context.Error.WriteLine($"error: {point.Error.ReplaceLineEndings(" ")}: {point.Point.ToJson()}");
            }
        }

        return isDone ? ExitCode.Done : ExitCode.Failed;
    }
}
