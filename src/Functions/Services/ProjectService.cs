using System.Text.Json;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Access;

namespace HpoServerless.Functions.Services;

/// <summary>Keeps projects and makes experiments of them.</summary>
public sealed class ProjectService(IProjectStore projects, IArtifactStore artifacts, Ownership ownership, HpoOptions options)
{
    /// <summary>Creates or replaces a project's configurations. Its scripts stay.</summary>
    /// <returns>The project, and whether it is new.</returns>
    /// <exception cref="InvalidInputException">Something is wrong with the document; lists all of it, and nothing is stored.</exception>
    public async Task<(ProjectRecord Project, bool Created)> PutAsync(string name, JsonElement document, Caller by, CancellationToken cancellation)
    {
        ProjectDocument.Parse(document, name);
        ProjectRecord? before = await projects.FindAsync(name, cancellation);
        if (before is not null)
        {
            if (!ownership.Sees(by, before.Owner))
            {
                throw new ConflictException("project", name, "cannot be put: the name is taken; choose another one");
            }

            RequireChange(by, before);
        }

        ProjectRecord project = new(name, document, before?.Scripts) { Owner = before is null ? by.Owner : before.Owner };
        await projects.PutAsync(project, cancellation);
        return (project, before is null);
    }

    /// <summary>A project that a caller sees.</summary>
    /// <exception cref="NotFoundException">There is none with this name, as far as the caller sees.</exception>
    public async Task<ProjectRecord> FindAsync(string name, Caller by, CancellationToken cancellation) =>
        (ProjectName.IsValid(name) ? await projects.FindAsync(name, cancellation) : null) is { } project && ownership.Sees(by, project.Owner)
            ? project
            : throw new NotFoundException("project", name);

    /// <summary>Stores a project's scripts. Experiments that were started before keep theirs: an archive is named by its content.</summary>
    /// <exception cref="NotFoundException">There is no project with this name.</exception>
    /// <exception cref="InvalidInputException">The archive is not acceptable; says what in it.</exception>
    public async Task<ProjectRecord> PutScriptsAsync(string name, ReadOnlyMemory<byte> archive, Caller by, CancellationToken cancellation)
    {
        ProjectRecord project = await FindAsync(name, by, cancellation);
        RequireChange(by, project);
        ScriptArchive.Check(archive, options.MaxScriptEntries, (long)options.MaxUnpackedScriptsMiB << 20);
        string artifact = ScriptArchive.NameOf(archive.Span);
        await artifacts.PutAsync(artifact, archive, cancellation);
        project = project with { Scripts = artifact };
        await projects.PutAsync(project, cancellation);
        return project;
    }

    /// <summary>The experiment that a request asks for.</summary>
    /// <param name="request">The project, and what the run changes of it.</param>
    /// <param name="id">Id of the experiment; the seed comes from it where nobody gave one.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NotFoundException">There is no such project.</exception>
    /// <exception cref="InvalidInputException">The project cannot be run yet.</exception>
    public async Task<ExperimentDefinition> DefineAsync(ExperimentRequest request, string id, Caller by, CancellationToken cancellation)
    {
        ProjectRecord project = await FindAsync(request.Project, by, cancellation);
        string scripts = project.Scripts ?? throw new InvalidInputException(
            new Fault("project", JsonSerializer.Serialize(project.Name), $"has no scripts yet: put them to /api/projects/{project.Name}/scripts"));
        ExperimentDefinition definition = ProjectDocument.Parse(project.Configuration, project.Name).ToDefinition(scripts, request.Overrides, ExperimentIds.SeedOf(id));
        if (definition.Program.Script is { } script
            && await artifacts.FindAsync(scripts, cancellation) is { } archive
            && !ScriptArchive.Has(archive, script) && !ScriptArchive.Has(archive, $"{script}.py"))
        {
            throw new InvalidInputException(new Fault("model_config.script", JsonSerializer.Serialize(script), $"must be a file in the scripts of project {project.Name}"));
        }

        return definition;
    }

    /// <summary>What belongs to nobody, everybody who may put projects may change.</summary>
    private static void RequireChange(Caller by, ProjectRecord project)
    {
        if (project.Owner is { } owner)
        {
            Ownership.RequireChange(by, owner, "project", project.Name);
        }
    }
}
