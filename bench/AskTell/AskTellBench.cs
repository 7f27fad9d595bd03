using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;

namespace HpoServerless.Bench.AskTell;

/// <summary>What it costs to propose a trial and to take in its result, by the length of the history.</summary>
internal static class AskTellBench
{
    public const string Usage = """ask-tell [--algorithms random,sobol,NAME:{"option": 1}] [--parameters 5,20] [--limit SECONDS of one row: 60] [--json]""";

    private static readonly string[] Spaces = ["5", "20"];

    /// <returns>The exit code of the process.</returns>
    /// <exception cref="UsageException">The arguments cannot be understood.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        CommandLine line = new(arguments, ["--algorithms", "--parameters", "--limit"], ["--json"]);
        ImmutableArray<Algorithm> algorithms = line.Algorithms(otherwise: "random,sobol");
        ImmutableArray<string> spaces = line.Names("--parameters", Spaces, [.. Spaces]);
        int limit = line.Number("--limit", 60);
        RequireAlgorithms(algorithms);
        List<AskTellRow> rows = [];
        if (algorithms.Length == 1 && spaces.Length == 1)
        {
            rows = AskTellRow.Measure(algorithms[0], int.Parse(spaces[0]), TimeSpan.FromSeconds(limit));
        }
        else
        {
            foreach ((Algorithm algorithm, string space) in algorithms.SelectMany(algorithm => spaces.Select(space => (algorithm, space))))
            {
                Console.Error.WriteLine($"measuring {algorithm.Label} with {space} parameters ...");
                rows.AddRange(await OwnProcess.RunAsync<AskTellRow[]>("ask-tell", "--algorithms", algorithm.Label, "--parameters", space, "--limit", $"{limit}"));
            }
        }

        if (line.Has("--json"))
        {
            Console.WriteLine(JsonSerializer.Serialize(rows, JsonSerializerOptions.Web));
        }
        else
        {
            new AskTellReport(rows, PeerFigures.Load()).Print(Console.Out);
        }

        return 0;
    }

    private static void RequireAlgorithms(ImmutableArray<Algorithm> algorithms)
    {
        foreach (Algorithm algorithm in algorithms)
        {
            try
            {
                _ = SearcherRegistry.Create(algorithm.Name, algorithm.Options, Samples.Space(5));
            }
            catch (HpoException error)
            {
                throw new UsageException(error.Message);
            }
        }
    }
}
