using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>The place of one kept worker on a node.</summary>
internal sealed class DetachedPlace(SshMachine machine, SshOptions options, TrialFolders folders, Action<SshPlace> release, TimeProvider time, ILogger logger)
    : SshPlace(machine, options, folders, release, logger), IWorkerPlace
{
    private readonly SshOptions _options = options;
    private readonly TrialFolders _folders = folders;
    private readonly ILogger _logger = logger;

    /// <summary>The worker's folder there.</summary>
    public DetachedFolder? Folder { get; set; }

    public bool IsForOne => true;

    /// <summary>Starts a worker that needs no connection.</summary>
    /// <param name="request">Its settings; the folder by its name alone.</param>
    /// <param name="scripts">Folder of its scripts on this machine.</param>
    /// <param name="starts">Called when all is there that it needs, and it is started next.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="WorkerStartException">It cannot be started.</exception>
    /// <exception cref="UnavailableException">The machine cannot be reached, or its disk fails.</exception>
    public Task StartAsync(KeepRequest request, string? scripts, Action starts, CancellationToken cancellation) => Machine.VisitAsync(
        async () =>
        {
            Furniture furniture = await Machine.FurnishAsync(scripts, cancellation);
            KeepRequest there = request with { Folder = $"{Machine.Root}/kept/{request.Folder}", Launcher = furniture.Launcher };
            starts();
            if (await Machine.KeepAsync(furniture.Harness, there.ToLine(), cancellation) is { } problem)
            {
                throw new WorkerStartException($"{Interpreter} does not start ({problem})", Advice);
            }

            return true;
        },
        cancellation);

    public override async ValueTask<SegmentBeginning> PlaceAsync(SegmentId segment, SegmentBeginning beginning, CancellationToken cancellation) =>
        await Machine.VisitAsync(async () => await base.PlaceAsync(segment, beginning, cancellation), cancellation);

    /// <summary>Where the segment saves itself, seen from the worker.</summary>
    public SegmentBeginning Beginning(SegmentId segment, long step) =>
        new(Checkpoints(segment), null, step) { Here = TrialFolders.CheckpointsIn(_folders.Of(segment)) };

    /// <summary>Brings a file, and leaves it there until it is known to be kept.</summary>
    public override async ValueTask<WorkerEvent.Saved> FetchAsync(WorkerEvent.Saved saved, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Join(folder, Path.GetFileName(saved.Path));
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await Machine.VisitAsync(
                    async () =>
                    {
                        await using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
                        await Machine.Client.RunAsync($"cat {ShellText.Quote(saved.Path)}", input: null, file, cancellation);
                        return saved with { Path = path };
                    },
                    cancellation);
            }
            catch (UnavailableException) when (failures < _options.MaxRetries)
            {
                await Task.Delay(_options.WaitAfter(failures), time, cancellation);
            }
        }
    }

    public override void Kept(WorkerEvent.Saved saved) => Folder?.Drop(saved.Path);

    public override async ValueTask CollectAsync(SegmentId segment, CancellationToken cancellation)
    {
        try
        {
            await Folder!.FollowLogAsync(cancellation);
        }
        catch (Exception error) when (error is UnavailableException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            SshLog.LogMissed(_logger, segment, Machine.Name, error);
        }
    }

    /// <summary>What can go when nobody wants the segment's worker any more.</summary>
    public string[] Leftovers(SegmentId segment) => [Checkpoints(segment), TrialFolders.LogIn(FolderOf(segment))];

    public override void KillGroup(int group)
    {
        // The keeper knows best what there is to kill.
    }

    public override string? WhyLost(WorkerExit exit, string? words) => null;
}
