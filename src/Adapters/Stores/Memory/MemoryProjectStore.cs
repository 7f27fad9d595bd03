using System.Collections.Concurrent;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>Projects in memory.</summary>
internal sealed class MemoryProjectStore : IProjectStore
{
    private readonly ConcurrentDictionary<string, ProjectRecord> _projects = new(StringComparer.Ordinal);

    public async Task PutAsync(ProjectRecord project, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _projects[project.Name] = project with { Configuration = project.Configuration.Clone() };
    }

    public async Task<ProjectRecord?> FindAsync(string name, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _projects.GetValueOrDefault(name);
    }
}
