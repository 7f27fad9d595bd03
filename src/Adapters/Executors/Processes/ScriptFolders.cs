using System.Collections.Concurrent;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Unpacks every script archive once, whoever asks at the same time, in this process or another.</summary>
internal sealed class ScriptFolders(string workFolder, IArtifactStore artifacts)
{
    private readonly string _root = Path.Combine(Path.GetFullPath(workFolder), "scripts");
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _folders = new(StringComparer.Ordinal);

    /// <summary>Folder with the files of an archive.</summary>
    /// <exception cref="NotFoundException">There is no such artifact.</exception>
    /// <exception cref="InvalidInputException">The archive is refused.</exception>
    /// <exception cref="UnavailableException">The artifact store does not answer.</exception>
    public async Task<string> GetAsync(string artifact)
    {
        Lazy<Task<string>> folder = _folders.GetOrAdd(artifact, name => new(() => UnpackAsync(name)));
        try
        {
            return await folder.Value;
        }
        catch
        {
            _folders.TryRemove(new(artifact, folder)); // the next one tries again
            throw;
        }
    }

    private async Task<string> UnpackAsync(string artifact)
    {
        string folder = Path.Combine(_root, Fingerprint.Of(artifact, 32));
        if (Directory.Exists(folder))
        {
            return folder;
        }

        ReadOnlyMemory<byte> archive = await artifacts.FindAsync(artifact, CancellationToken.None) ?? throw new NotFoundException("artifact", artifact);
        string part = $"{folder}.{Guid.NewGuid():N}.part";
        try
        {
            await Task.Run(() => ScriptArchive.Unpack(archive, part));
            Directory.Move(part, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process was faster; the content is the same.
        }
        finally
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
        }

        return folder;
    }
}
