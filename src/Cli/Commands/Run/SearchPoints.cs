using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Space;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The option <c>--search_points</c>: exactly these configurations are evaluated, without early stopping.</summary>
internal sealed class SearchPoints
{
    public Option<string?> Option { get; } = new("--search_points", "-p")
    {
        Description = "Evaluate exactly these configurations, without early stopping: a JSON list of objects {hyperparameter: value}, or a file with one.",
        HelpName = "JSON|FILE",
    };

    /// <summary>The project with the given points as all of its trials; as it is where none were given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="project">The project.</param>
    /// <param name="currentDirectory">What a file is relative to.</param>
    /// <exception cref="InvalidInputException">Lists everything that is wrong with the points.</exception>
    public ProjectDocument Apply(ParseResult parsed, ProjectDocument project, string currentDirectory)
    {
        if (parsed.GetValue(Option) is not { } given)
        {
            return project;
        }

        ImmutableArray<Configuration> points = HeadStart.ParsePoints(Read(given, currentDirectory), project.Space, Option.Name);
        return points.IsEmpty
            ? throw new InvalidInputException(new Fault(Option.Name, given, "must have at least one point"))
            : project with { Hpo = project.Hpo.ForPoints(points) };
    }

    private JsonElement Read(string given, string currentDirectory)
    {
        if (given.TrimStart().StartsWith('['))
        {
            return DocumentText.ParseJson(given, Option.Name);
        }

        try
        {
            return DocumentText.ParseJson(File.ReadAllText(Path.Combine(currentDirectory, given)), given);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault(Option.Name, JsonSerializer.Serialize(given), $"must be a JSON list or a file with one: {error.Message}"));
        }
    }
}
