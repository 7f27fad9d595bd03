using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The experiments of a service, by its HTTP API.</summary>
/// <param name="service">The service.</param>
internal sealed class ServedExperiments(ServiceClient service) : IExperimentClient
{
    private const int PageSize = 500;

    /// <summary>Stores a project with its scripts and starts an experiment of it. Doing it again with the same id changes nothing.</summary>
    public async Task<ExperimentView> StartAsync(string project, JsonElement configuration, ReadOnlyMemory<byte> scripts, string id, JsonElement request, CancellationToken cancellation)
    {
        string path = $"projects/{Uri.EscapeDataString(project)}";
        await service.SendJsonAsync<JsonElement>(HttpMethod.Put, path, configuration, cancellation);
        await service.SendArchiveAsync<JsonElement>(HttpMethod.Put, $"{path}/scripts", scripts, cancellation);
        return await service.SendJsonAsync<ExperimentView>(HttpMethod.Put, PathOf(id), request, cancellation);
    }

    public Task<ExperimentView> FindAsync(string id, CancellationToken cancellation) => service.SendAsync<ExperimentView>(HttpMethod.Get, PathOf(id), cancellation);

    public IAsyncEnumerable<ExperimentView> ListAsync(CancellationToken cancellation) => PagesAsync<ExperimentView>("experiments", cancellation);

    public IAsyncEnumerable<TrialView> TrialsAsync(string id, CancellationToken cancellation) => PagesAsync<TrialView>($"{PathOf(id)}/trials", cancellation);

    public Task<ExplanationView> ExplainAsync(string id, int trial, CancellationToken cancellation) =>
        service.SendAsync<ExplanationView>(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{PathOf(id)}/trials/{trial}/explanation"), cancellation);

    public Task<string> LogAsync(string id, int trial, CancellationToken cancellation) =>
        service.ReadTextAsync(string.Create(CultureInfo.InvariantCulture, $"{PathOf(id)}/trials/{trial}/log"), cancellation);

    public async Task<string?> CommandAsync(string id, ExperimentCommand command, CancellationToken cancellation)
    {
        await service.SendAsync<ExperimentView>(HttpMethod.Post, $"{PathOf(id)}/{command.ToString().ToLowerInvariant()}", cancellation);
        return null;
    }

    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        await FindAsync(id, cancellation); // removing what does not exist is fine for the service, but hides a mistyped id
        await service.SendAsync<JsonElement?>(HttpMethod.Delete, PathOf(id), cancellation);
    }

    public void Dispose() => service.Dispose();

    private static string PathOf(string id) => $"experiments/{Uri.EscapeDataString(id)}";

    private async IAsyncEnumerable<T> PagesAsync<T>(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? next = string.Create(CultureInfo.InvariantCulture, $"{path}?limit={PageSize}");
        while (next is not null)
        {
            PageView<T> page = await service.SendAsync<PageView<T>>(HttpMethod.Get, next, cancellation);
            foreach (T item in page.Value)
            {
                yield return item;
            }

            // The query alone: the service may know itself by another name than we do.
            next = page.NextLink is { } link ? path + new Uri(link).Query : null;
        }
    }

    private sealed record PageView<T>(ImmutableArray<T> Value, string? NextLink);
}
