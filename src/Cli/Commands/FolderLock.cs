using HpoServerless.Engine.Errors;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Cli.Commands;

/// <summary>Keeps a server to itself in its data folder: it looks after every experiment there. Any number of <c>local_run</c> may share a folder, each has its own.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string Name = "server.lock";

    private readonly SafeFileHandle _handle;

    private FolderLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>For a server.</summary>
    /// <exception cref="ConflictException">Another process uses the folder.</exception>
    /// <exception cref="InvalidInputException">The folder cannot be made or written.</exception>
    public static FolderLock ForServer(string folder) =>
        Take(folder, FileShare.None, "is in use by another process (a server, or a local_run): end that one, or give another folder with --data");

    /// <summary>For the run of one experiment.</summary>
    /// <exception cref="ConflictException">A server uses the folder.</exception>
    /// <exception cref="InvalidInputException">The folder cannot be made or written.</exception>
    public static FolderLock ForRun(string folder) =>
        Take(folder, FileShare.Read, "is being served by another process: run the project there with hpo run --url, or give another folder with --data");

    /// <summary>The operating system lets go of it as well when the process dies.</summary>
    public void Dispose() => _handle.Dispose();

    private static FolderLock Take(string folder, FileShare share, string refusal)
    {
        string path = Path.Combine(folder, Name);
        try
        {
            Directory.CreateDirectory(folder);
            return new(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Read, share));
        }
        catch (IOException error) when (File.Exists(path) && error is not FileNotFoundException)
        {
            throw new ConflictException("data folder", folder, refusal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault("--data", $"\"{folder}\"", $"must be a folder that can be written ({error.Message})"));
        }
    }
}
