using System.Collections.Immutable;
using System.Text.Json;

namespace HpoServerless.Engine.Experiments;

/// <summary>What runs for each trial.</summary>
public sealed record TrialProgram
{
    /// <summary>Artifact that holds the project's files (a zip), by content.</summary>
    public required string Scripts { get; init; }

    /// <summary>Python script inside the artifact, relative, with its extension; null where <see cref="Command"/> is given.</summary>
    public string? Script { get; init; }

    /// <summary>Name of the function or class in <see cref="Script"/>.</summary>
    public string? Model { get; init; }

    /// <summary>Any other program and its arguments; the path of the configuration's JSON file is added as the last one. Empty for Python scripts.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Names of the second and further numbers of an <c>#Auptimizer:</c> line; null for <c>result_2</c> and so on.</summary>
    public ImmutableArray<string>? ResultLabels { get; init; }

    /// <summary>Under which names a command finds the trial's number in its configuration; null for none.</summary>
    public ImmutableArray<string>? NumberAs { get; init; }

    /// <summary>JSON object merged over every configuration; null for none.</summary>
    public JsonElement? Param { get; init; }
}
