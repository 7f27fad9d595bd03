using HpoServerless.Engine.Errors;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The right to write one experiment. The operating system takes it back when the process ends, however it ends.</summary>
internal sealed class WriterLock : IDisposable
{
    // "In use", as Windows, Linux and macOS say it.
    private static readonly int[] InUse = [unchecked((int)0x80070020), 11, 35];
    private readonly SafeFileHandle _handle;
    private readonly string _owner;

    private WriterLock(SafeFileHandle handle, string owner) => (_handle, _owner) = (handle, owner);

    /// <summary>Takes the lock.</summary>
    /// <exception cref="ConflictException">Another process, or another store in this one, has it.</exception>
    public static WriterLock Acquire(JournalPaths paths, string id)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (InUse.Contains(e.HResult))
        {
            throw new ConflictException("experiment", id, $"is being written by {OwnerOf(paths)}; let that process end, or stop it, and try again");
        }

        try
        {
            File.WriteAllText(paths.Owner, $"process {Environment.ProcessId} on {Environment.MachineName}");
            return new(handle, paths.Owner);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_owner);
        }
        catch (IOException)
        {
            // It only says who had the lock; without the lock nobody reads it.
        }

        _handle.Dispose();
    }

    private static string OwnerOf(JournalPaths paths)
    {
        try
        {
            return File.ReadAllText(paths.Owner) is { Length: > 0 } owner ? owner : "another process";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
