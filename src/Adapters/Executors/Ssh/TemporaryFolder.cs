namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>A folder that belongs to this process alone, and goes with it: what a process left that was killed, the next one removes.</summary>
/// <remarks>In it is a file that is locked for as long as its owner lives; the operating system takes the lock back however that ends. A folder without it is left alone.</remarks>
internal sealed class TemporaryFolder : IDisposable
{
    private const string LockName = "owner.lock";
    private const int Tries = 10;

    private readonly FileStream _lock;

    private TemporaryFolder(string path, FileStream owner) => (Path, _lock) = (path, owner);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes one, for this user alone, and removes those of owners that are gone.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="prefix">How their names begin.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static TemporaryFolder Create(string parent, string prefix)
    {
        Sweep(parent, prefix);
        for (int tries = 1; ; tries++)
        {
            string path = System.IO.Path.Join(parent, $"{prefix}{Guid.NewGuid():N}"[..(prefix.Length + 8)]); // its path must be short
            if (Directory.Exists(path))
            {
                continue;
            }

            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            try
            {
                return new(path, Lock(path, FileMode.CreateNew));
            }
            catch (IOException) when (tries < Tries)
            {
                // Another process swept it before it was locked.
            }
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        Remove(Path);
    }

    private static void Sweep(string parent, string prefix)
    {
        foreach (string path in Directory.EnumerateDirectories(parent, $"{prefix}*"))
        {
            try
            {
                using (Lock(path, FileMode.Open))
                {
                    // Nobody has it.
                }

                Remove(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its owner is there, or it is none of ours.
            }
        }
    }

    private static FileStream Lock(string path, FileMode mode) =>
        new(System.IO.Path.Join(path, LockName), mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // A client that was killed removes its socket just now.
        }
    }
}
