using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>Projects that experiments can be started from: the four configurations, by value, and the artifact with the scripts.</summary>
public interface IProjectStore
{
    /// <summary>Creates or replaces a project.</summary>
    Task PutAsync(ProjectRecord project, CancellationToken cancellation);

    /// <summary>A project, or null where there is none.</summary>
    Task<ProjectRecord?> FindAsync(string name, CancellationToken cancellation);
}

/// <summary>A project as it is stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Configuration">The project document, as the user wrote it.</param>
/// <param name="Scripts">Artifact with the scripts; null before they were uploaded.</param>
public sealed record ProjectRecord(string Name, JsonElement Configuration, string? Scripts)
{
    /// <summary>Who put it first; null where nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Owner? Owner { get; init; }
}
