using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>The place of one worker on a node.</summary>
internal class SshPlace(SshMachine machine, SshOptions options, TrialFolders folders, Action<SshPlace> release, ILogger logger) : IWorkerPlace
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private int _released;

    public SshMachine Machine => machine;

    public string Interpreter => $"'{options.Python}' on {machine.Name}";

    public string Advice => $"set python of the site {options.Site} to a Python 3.9 or newer, or install one there";

    public string? ScriptsAt(string? scripts) => scripts is null ? null : machine.ScriptsAt(scripts);

    public string FolderOf(SegmentId segment) => $"{machine.Root}/experiments/{segment.Experiment}/trials/{segment.Trial}";

    public virtual async ValueTask<SegmentBeginning> PlaceAsync(SegmentId segment, SegmentBeginning beginning, CancellationToken cancellation)
    {
        string folder = Checkpoints(segment);
        await machine.Client.RunAsync($"rm -rf {ShellText.Quote(folder)} && mkdir -p {ShellText.Quote(folder)}", input: null, output: null, cancellation);
        string? path = null;
        if (beginning.Path is { } file)
        {
            path = $"{folder}/restore.tar";
            await machine.PutFileAsync(file, path, cancellation);
        }

        return beginning with { Folder = folder, Path = path };
    }

    public virtual async ValueTask<WorkerEvent.Saved> FetchAsync(WorkerEvent.Saved saved, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Join(folder, Path.GetFileName(saved.Path));
        await using (FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
        {
            string there = ShellText.Quote(saved.Path);
            await machine.Client.RunAsync($"cat {there} && rm -f {there}", input: null, file, cancellation);
        }

        return saved with { Path = path };
    }

    public virtual async ValueTask CollectAsync(SegmentId segment, CancellationToken cancellation)
    {
        string folder = folders.Of(segment);
        string part = Path.Join(folder, ".log-part");
        try
        {
            Directory.CreateDirectory(folder);
            using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            late.CancelAfter(Patience);
            await using (FileStream file = new(part, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true))
            {
                string log = ShellText.Quote(TrialFolders.LogIn(FolderOf(segment)));
                await machine.Client.RunAsync(
                    $"if test -f {log}; then cat {log} && rm -f {log}; fi; rm -rf {ShellText.Quote(Checkpoints(segment))}", input: null, file, late.Token);
                file.Position = 0;
                await using FileStream whole = new(TrialFolders.LogIn(folder), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
                await file.CopyToAsync(whole, cancellation);
            }

            File.Delete(part);
        }
        catch (Exception error) when (error is UnavailableException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            SshLog.LogMissed(logger, segment, machine.Name, error);
        }
    }

    public virtual void Kept(WorkerEvent.Saved saved)
    {
        // It was removed when it was fetched.
    }

    public virtual void KillGroup(int group)
    {
        if (group > 1 && machine.Client.IsConnected) // without a connection the worker has noticed, and has killed all itself
        {
            _ = KillAsync(group);
        }
    }

    public virtual string? WhyLost(WorkerExit exit, string? words) => exit.Code == SshClient.BrokenCode
        ? $"the connection to {machine.Name} broke{(words is null ? string.Empty : $": {words}")}"
        : null;

    public void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            release(this);
        }
    }

    private async Task KillAsync(int group)
    {
        try
        {
            using CancellationTokenSource late = new(Patience);
            await machine.Client.RunAsync($"kill -9 -{group} 2>/dev/null; true", input: null, output: null, late.Token);
        }
        catch (Exception error)
        {
            SshLog.KillMissed(logger, group, machine.Name, error);
        }
    }

    protected string Checkpoints(SegmentId segment) => TrialFolders.CheckpointsIn(FolderOf(segment));
}
