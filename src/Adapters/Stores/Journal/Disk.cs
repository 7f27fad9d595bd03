using System.Runtime.InteropServices;
using HpoServerless.Engine.Errors;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>What all stores on files do alike.</summary>
internal static class Disk
{
    private static readonly TimeSpan LongestLock = TimeSpan.FromSeconds(10);

    /// <summary>Does something with files; what the disk refuses becomes an <see cref="UnavailableException"/>.</summary>
    public static T Try<T>(string folder, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnavailableException($"data folder {folder}", e.Message, e);
        }
    }

    /// <summary>How much of a large file is in memory at a time.</summary>
    public const int PartBytes = 1 << 20;

    /// <summary>The same for work that waits.</summary>
    public static async Task TryAsync(string folder, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnavailableException($"data folder {folder}", e.Message, e);
        }
    }

    /// <summary>Writes a file so that its name shows the old content or the new one and never a part.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="content">What to write.</param>
    /// <param name="durable">Whether it is on the disk when this returns.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool durable)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}{TemporarySuffix}";
        try
        {
            Write(temporary, content, durable);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        if (durable)
        {
            SyncFolder(Path.GetDirectoryName(path)!);
        }
    }

    /// <summary>Writes a file of any size so that its name shows the old content or the new one and never a part; it is on the disk when this returns.</summary>
    public static async Task ReplaceAsync(string path, Stream content, CancellationToken cancellation)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}{TemporarySuffix}";
        try
        {
            await using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await content.CopyToAsync(file, PartBytes, cancellation);
                RandomAccess.FlushToDisk(file.SafeFileHandle);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>End of the names of files that are not complete. Not allowed in names of artifacts.</summary>
    public const string TemporarySuffix = "~";

    /// <summary>Writes a new file.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, bool durable)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, content, 0);
        if (durable)
        {
            RandomAccess.FlushToDisk(file);
        }
    }

    /// <summary>Opens a file; where another process holds it, waits for a while until it does not.</summary>
    public static FileStream OpenWhenFree(string path, FileMode mode, FileAccess access, FileShare share)
    {
        DateTimeOffset latest = DateTimeOffset.UtcNow + LongestLock;
        SpinWait spin = default;
        while (true)
        {
            try
            {
                return new(path, mode, access, share, bufferSize: 0);
            }
            catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException) && DateTimeOffset.UtcNow < latest)
            {
                spin.SpinOnce(); // it holds it for less than a millisecond
            }
        }
    }

    /// <summary>Opens a file that may be written or deleted meanwhile; null where there is none.</summary>
    public static SafeFileHandle? OpenRead(string path)
    {
        try
        {
            return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The bytes of a file, or null where there is none.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Returns when names that were created, changed or removed in a folder are on the disk, where the system can say so.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, 0);
        if (descriptor >= 0)
        {
            _ = FSync(descriptor);
            _ = Close(descriptor);
        }
    }

    // The class library opens no folders, and only an open one can be flushed.
    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
