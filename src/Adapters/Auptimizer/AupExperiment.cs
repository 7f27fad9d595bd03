using System.Collections.Immutable;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>What an experiment file of Auptimizer asks for, as a project.</summary>
public sealed record AupExperiment
{
    /// <summary>The project. Its only script is <see cref="AupJob.FileName"/>.</summary>
    public required ProjectDocument Project { get; init; }

    /// <summary>What runs for each job.</summary>
    public required AupJob Job { get; init; }

    /// <summary>Where jobs run; null for <c>local</c>.</summary>
    public AupSite? Site { get; init; }

    /// <summary>Whether a person is asked for the results.</summary>
    public bool IsAsked { get; init; }

    /// <summary>Whether the best job is run again at the end, to save its model.</summary>
    public bool SavesModel { get; init; }

    /// <summary>What is accepted and means something else here, or nothing; a sentence each.</summary>
    public required ImmutableArray<string> Remarks { get; init; }
}
