using System.CommandLine;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Idds;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The command <c>generate</c>: the steering program of iDDS, from the points so far to the next ones.</summary>
internal static class GenerateCommand
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        GenerateOptions options = new();
        CliCommand command = new(
            "generate",
            "Write the points that a search is to evaluate next, from a file with those so far: the steering program of iDDS. The same input and seed give the same points. "
            + "An empty list means that the search is over. Exit codes: 0 written, 2 invalid input (the output file is not touched).",
            "hpo generate --n_point 5 --max_point 20 --infile idds_input.json --outfile idds_output.json --library hyperopt",
            "hpo generate -n 5 -i in.json -o out.json --library nevergrad --method CMA --seed 7",
            "hpo generate -n 5 --space search_space.json --library random");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            GenerateInput input = options.Read(parsed, context.CurrentDirectory);
            JsonElement points = input.Points.Next(input.Request);
            if (input.OutFile is { } file)
            {
                GridJson.Write(file, points, "--outfile");
            }
            else
            {
                context.Output.WriteLine(points.GetRawText());
            }
        });
        yield return command;
    }
}
