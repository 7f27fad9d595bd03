using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>A journal that is open for writing. Tests derive from it to let the disk fail.</summary>
/// <param name="path">The file; it exists.</param>
internal class JournalFile(string path) : IDisposable
{
    /// <summary>The open file, to read from.</summary>
    public SafeFileHandle Handle { get; } = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public long Length => RandomAccess.GetLength(Handle);

    /// <summary>Writes with one call to the operating system.</summary>
    public virtual void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(Handle, bytes, offset);

    /// <summary>Returns when what was written is on the disk.</summary>
    public virtual void Flush() => RandomAccess.FlushToDisk(Handle);

    public virtual void Truncate(long length) => RandomAccess.SetLength(Handle, length);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Handle.Dispose();
        }
    }
}
