using System.Collections.Concurrent;
using System.Globalization;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>The jobs of experiments: one that takes tasks at a time, made on first use.</summary>
/// <remarks>A job that has ended, or is on its way out, never takes tasks again; then the next number is used.</remarks>
internal sealed class ExperimentJobs(IBatchClient client, string site, string pool)
{
    private const int MaxJobs = 1000;

    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _open = new(StringComparer.Ordinal);

    /// <summary>The job that takes an experiment's tasks.</summary>
    /// <exception cref="BatchException">The service refuses.</exception>
    public async Task<string> OpenAsync(string experiment, CancellationToken cancellation)
    {
        Lazy<Task<string>> opening = _open.GetOrAdd(experiment, id => new(() => FindOrCreateAsync(BatchNames.JobPrefix(id, site), CancellationToken.None)));
        try
        {
            return await opening.Value.WaitAsync(cancellation);
        }
        catch (Exception) when (opening.Value.IsFaulted)
        {
            _open.TryRemove(new(experiment, opening));
            throw;
        }
    }

    /// <summary>A job took no task: the next one asks anew.</summary>
    public void Close(string experiment) => _open.TryRemove(experiment, out _);

    /// <summary>Ends the jobs of an experiment. Their tasks can still be looked at.</summary>
    public async Task TerminateAsync(string experiment, CancellationToken cancellation)
    {
        Close(experiment);
        foreach (BatchJob job in await client.ListJobsAsync(BatchNames.JobPrefix(experiment, site), cancellation))
        {
            if (job.IsOpen)
            {
                await client.TerminateJobAsync(job.Id, "the experiment has ended", cancellation);
            }
        }
    }

    /// <summary>Removes the jobs of an experiment with all that belongs to them.</summary>
    public async Task DeleteAsync(string experiment, CancellationToken cancellation)
    {
        Close(experiment);
        foreach (BatchJob job in await client.ListJobsAsync(BatchNames.JobPrefix(experiment, site), cancellation))
        {
            await client.DeleteJobAsync(job.Id, cancellation);
        }
    }

    private async Task<string> FindOrCreateAsync(string prefix, CancellationToken cancellation)
    {
        for (int number = 1; number <= MaxJobs; number++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");
            if (await client.CreateJobAsync(new(id, new(pool)), cancellation) || await client.FindJobAsync(id, cancellation) is { IsOpen: true })
            {
                return id;
            }
        }

        throw new ConflictException("job", prefix, $"was ended {MaxJobs} times");
    }
}
