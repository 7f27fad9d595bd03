using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Executors;

/// <summary>Runs every segment as <c>python3 -m hpo_trial segment</c>: a process that has nothing but the environment and HTTP. The least that an executor elsewhere has to do.</summary>
/// <param name="events">Is told that segments ended.</param>
/// <param name="access">How the process reaches the host.</param>
/// <param name="folder">Where trials run.</param>
public sealed class HarnessExecutor(ISegmentEvents events, ITrialAccess access, string folder) : ITrialExecutor, IDisposable
{
    private readonly ConcurrentDictionary<SegmentId, Run> _runs = new();
    private readonly ConcurrentQueue<Task<(int Code, string Errors)>> _ends = [];

    public string Site => "local";

    /// <summary>Waits for the ends of all processes.</summary>
    /// <returns>Exit code of each and what it wrote to its standard error, in the order in which they were started.</returns>
    public async Task<IReadOnlyList<(int Code, string Errors)>> EndsAsync() => await Task.WhenAll(_ends);

    /// <summary>Folder of a trial, which stays from one segment to the next.</summary>
    public string FolderOf(int trial) => Path.Combine(folder, "trials", trial.ToString(CultureInfo.InvariantCulture));

    /// <summary>Kills the process of a running segment, as <c>kill -9</c>.</summary>
    public void Kill(SegmentId segment) => _runs[segment].Process.Kill();

    public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        _runs.AddOrUpdate(work.Segment, _ => Start(work), (_, known) => known.Process.HasExited && known.Attempt < work.Attempt ? Start(work) : known);
        return Task.FromResult(work.Segment.InstanceId);
    }

    /// <summary>The outcome comes by HTTP: a process that has ended without one is lost.</summary>
    public Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) => Task.FromResult(
        _runs.TryGetValue(segment, out Run? run) && !run.Process.HasExited
            ? null
            : new SegmentOutcome { Status = SegmentStatus.Lost, Site = Site, Attempts = 1, Error = "the process ended without an outcome" });

    public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult<int?>(null);

    /// <summary>The process asks by itself.</summary>
    public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) => Task.CompletedTask;

    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        _runs.TryRemove(segment, out _);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string experiment, CancellationToken cancellation) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (Run run in _runs.Values.Where(run => !run.Process.HasExited))
        {
            run.Process.Kill();
        }
    }

    private Run Start(SegmentWork work)
    {
        SegmentId segment = work.Segment;
        ProcessStartInfo start = new("python3", ["-m", "hpo_trial", "segment"]) { RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("HPO", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["PYTHONPATH"] = Path.Combine(AppContext.BaseDirectory, "python");
        start.Environment["HPO_URL"] = access.Address!.AbsoluteUri;
        start.Environment["HPO_EXPERIMENT"] = segment.Experiment;
        start.Environment["HPO_TRIAL"] = segment.Trial.ToString(CultureInfo.InvariantCulture);
        start.Environment["HPO_SEGMENT"] = segment.Segment.ToString(CultureInfo.InvariantCulture);
        start.Environment["HPO_ATTEMPT"] = work.Attempt.ToString(CultureInfo.InvariantCulture);
        start.Environment["HPO_TOKEN"] = access.TokenOf(segment.Experiment, segment.Trial);
        start.Environment["HPO_CACHE"] = Path.Combine(folder, "cache");
        start.Environment["HPO_WORKDIR"] = FolderOf(segment.Trial);
        start.Environment["HPO_POLL_S"] = "1";
        Process process = Process.Start(start)!;
        Task<(int Code, string Errors)> ended = EndAsync(segment, process);
        _ends.Enqueue(ended);
        return new(process, work.Attempt);
    }

    private async Task<(int Code, string Errors)> EndAsync(SegmentId segment, Process process)
    {
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        _ = Task.Run(() => events.EndedAsync(segment, CancellationToken.None));
        return (process.ExitCode, errors);
    }

    private sealed record Run(Process Process, int Attempt);
}
