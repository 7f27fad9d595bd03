using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>A project: its name and its four configurations, embedded by value. Ready to run: whatever could be checked without the scripts was.</summary>
public sealed record ProjectDocument
{
    /// <summary>Its name; keeps <see cref="ProjectName.Rule"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of the training scripts, as the user wrote it; null where scripts are handed over in another way.</summary>
    public string? ScriptsPath { get; init; }

    /// <summary>What runs for each trial.</summary>
    public required ModelConfig Model { get; init; }

    /// <summary>What is searched.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>How it is searched.</summary>
    public required HpoConfig Hpo { get; init; }

    /// <summary>Where trials run on a grid.</summary>
    public required GridConfig Grid { get; init; }

    /// <summary>
    /// Reads <c>{"project_name", "scripts_path", "model_config", "search_space", "hpo_config", "grid_config"}</c>.
    /// <c>hpo_config</c> and <c>grid_config</c> may be missing and then have their defaults.
    /// </summary>
    /// <param name="json">The document; it may be disposed of afterwards.</param>
    /// <param name="name">Name the project is to have, which the document may repeat but not contradict; null: the document must have it.</param>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it, with paths such as <c>hpo_config.num_trials</c> and <c>search_space.lr.low</c>.</exception>
    public static ProjectDocument Parse(JsonElement json, string? name = null)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        string? projectName = ReadName(reader, name);
        string? scripts = reader.Text("scripts_path");
        DocumentReader modelReader = reader.Child(ModelConfig.DocumentName);
        JsonElement? spaceJson = reader.Find("search_space");
        DocumentReader hpoReader = reader.Child(HpoConfig.DocumentName);
        DocumentReader gridReader = reader.Child(GridConfig.DocumentName);
        reader.Done();

        ModelConfig model = ModelConfig.Read(modelReader, isComplete: true);
        SearchSpace? space = ReadSpace(spaceJson, faults);
        HpoConfig hpo = HpoConfig.Read(hpoReader, space);
        GridConfig grid = GridConfig.Read(gridReader);
        return faults.Count > 0 || projectName is null || space is null
            ? throw new InvalidInputException([.. faults])
            : new() { Name = projectName, ScriptsPath = scripts, Model = model, Space = space, Hpo = hpo, Grid = grid };
    }

    /// <summary>The whole document, defaults written out.</summary>
    public JsonElement ToJson() => DocumentWriter.ToElement(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("project_name", Name);
        writer.WriteString("scripts_path", ScriptsPath);
        writer.WritePropertyName(ModelConfig.DocumentName);
        Model.Write(writer);
        writer.WritePropertyName("search_space");
        Space.Write(writer);
        writer.WritePropertyName(HpoConfig.DocumentName);
        Hpo.Write(writer);
        writer.WritePropertyName(GridConfig.DocumentName);
        Grid.Write(writer);
        writer.WriteEndObject();
    });

    /// <summary>The experiment that a run of this project is.</summary>
    /// <param name="scriptsArtifact">Artifact that holds the scripts.</param>
    /// <param name="overrides">What this run changes.</param>
    /// <param name="defaultSeed">Seed where neither the run nor the project gives one; in [0, 2^63).</param>
    /// <exception cref="InvalidInputException">An override is out of range.</exception>
    public ExperimentDefinition ToDefinition(string scriptsArtifact, RunOverrides overrides, ulong defaultSeed)
    {
        overrides.Check();
        StoppingRules stopping = Hpo.Extras.ToStoppingRules();
        TrialLimits limits = Hpo.Extras.ToTrialLimits();
        ImmutableArray<ExperimentSite> sites = SitesOf(overrides);
        return new()
        {
            Project = Name,
            Space = Space,
            Metric = Hpo.Metric,
            Mode = Hpo.Mode,
            Objectives = Hpo.Goals.Objectives,
            ReferencePoint = Hpo.Goals.ReferencePoint,
            Constraints = Hpo.Goals.Constraints,
            InitialPoints = Hpo.HeadStart.Points,
            WarmStart = Hpo.HeadStart.ToWarmStart(overrides.PreviousResult, overrides.WarmStartStrategy),
            Algorithm = new(Hpo.Algorithm, Hpo.AlgorithmParam),
            Scheduler = new(Hpo.Scheduler, Hpo.SchedulerParam),
            NumTrials = overrides.NumTrials ?? Hpo.NumTrials,
            MaxConcurrent = overrides.MaxConcurrent ?? Hpo.MaxConcurrent,
            QueueSizes = Hpo.Placement.QueueSizes ?? new(),
            Site = sites.IsEmpty ? "local" : sites[0].Name,
            Sites = sites,
            Placement = Hpo.Placement.Policy,
            Grid = Grid.ToWishes(),
            Checkpoint = Hpo.Extras.Checkpoint ?? new(),
            Seed = overrides.Seed ?? Hpo.Extras.Seed ?? defaultSeed,
            Stop = Hpo.Stop,
            Stopping = stopping with { Time = overrides.TimeLimit ?? stopping.Time, MaxCost = Hpo.Placement.MaxCost },
            Program = new()
            {
                Scripts = scriptsArtifact,
                Script = Model.ScriptFile,
                Model = Model.Model,
                Command = Model.Command,
                ResultLabels = Model.ResultLabels,
                NumberAs = Model.NumberAs,
                Param = Model.Param,
            },
            Limits = limits with { Isolate = overrides.Isolate ?? limits.Isolate, Resource = Hpo.Resource },
        };
    }

    private ImmutableArray<ExperimentSite> SitesOf(RunOverrides overrides)
    {
        if (overrides.Sites.IsDefaultOrEmpty)
        {
            return Hpo.Placement.Sites;
        }

        ImmutableArray<ExperimentSite> sites = [.. overrides.Sites.Select(name => Hpo.Placement.Sites.FirstOrDefault(site => site.Name == name) ?? new(name))];
        return Hpo.Placement.MaxCost is null || sites.Any(site => site.CostPerHour > 0)
            ? sites
            : throw new InvalidInputException(new Fault(
                "sites", JsonSerializer.Serialize(overrides.Sites), "must have one with a cost_per_hour in hpo_config.sites, because hpo_config.max_cost limits the costs"));
    }

    private static string? ReadName(DocumentReader reader, string? name)
    {
        string? given = reader.Text("project_name");
        if (name is not null && given is not null && given != name)
        {
            reader.Fault("project_name", $"must be \"{name}\", as everywhere else in this request, or be left out");
        }
        else if (name is null && !reader.Has("project_name"))
        {
            reader.Fault("project_name", "is missing");
        }
        else if ((name ?? given) is { } one && !ProjectName.IsValid(one))
        {
            reader.Add([new("project_name", JsonSerializer.Serialize(one), ProjectName.Rule)]);
        }

        return name ?? given;
    }

    private static SearchSpace? ReadSpace(JsonElement? json, List<Fault> faults)
    {
        if (json is not { } space)
        {
            faults.Add(new("search_space", null, "is missing"));
            return null;
        }

        try
        {
            return SearchSpace.Parse(space);
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
            return null;
        }
    }
}
