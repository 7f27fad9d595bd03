using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Projects;

/// <summary>A project read from disk, ready to run.</summary>
/// <param name="Document">The project, checked.</param>
/// <param name="ScriptsFolder">Full path of the folder that holds its scripts; it exists.</param>
public sealed record LoadedProject(ProjectDocument Document, string ScriptsFolder);
