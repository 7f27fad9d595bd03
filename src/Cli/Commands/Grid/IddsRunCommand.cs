using System.CommandLine;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
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
        IddsOptions service = new();
        CliCommand command = new(
            "idds_run",
            "Evaluate the point that iDDS chose, with the project's script, on this machine: one trial, without search and early stopping. The loss is what iDDS makes small: "
            + "the metric, or its negative where the project's mode is max. With --request, all points of a search that iDDS keeps are fetched, evaluated and answered over its REST service. Exit codes: 0 evaluated; 1 the trial failed; 2 invalid input; 3 iDDS is unreachable or refuses; 130 interrupted. Status in the output file is the same number.",
            "hpo idds_run my_project",
            "hpo idds_run examples/simple_objective --input point.json --output loss.json",
            "hpo idds_run my_project --request 1234 --url https://iddsserver.cern.ch:443/idds --max_concurrent 4")
        {
            project,
            input,
            output,
            meta,
            data,
        };
        service.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (service.Read(parsed, context) is { } job)
            {
                Option? file = new Option[] { input, output, meta }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });
                return file is not null
                    ? throw new InvalidInputException(new Fault(file.Name, null, "must be left out where points come from iDDS"))
                    : await new IddsWorker(context, GridProject.Load(context, parsed.GetRequiredValue(project)), job, DataOption.Path(parsed, data, context)).RunAsync(cancellation);
            }

            EvaluationFiles files = new(
                parsed.GetValue(input) is { } given ? Full(given) : null, Full(parsed.GetRequiredValue(output)), Full(parsed.GetRequiredValue(meta)), context.CurrentDirectory);
            files.Check();
            try
            {
                files.Begin();
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
