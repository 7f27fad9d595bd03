using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.LocalHost;

/// <summary>Keeps the keys in the data folder, readable for the owner alone.</summary>
internal static class KeyFile
{
    public const string Name = HostKeys.FileName;

    /// <summary>The keys of a data folder; they are made on first use.</summary>
    /// <exception cref="CorruptDataException">The file is there and is no key file.</exception>
    public static HostKeys LoadOrCreate(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Name);
        string draft = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():n}";
        if (!File.Exists(path))
        {
            Write(draft, HostKeys.Create());
            try
            {
                File.Move(draft, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft); // another process was first
            }
        }

        return Read(path);
    }

    /// <summary>The keys of a data folder; null where it has none.</summary>
    /// <exception cref="CorruptDataException">The file is there and is no key file.</exception>
    public static HostKeys? Find(string folder) => Path.Combine(folder, Name) is var path && File.Exists(path) ? Read(path) : null;

    private static void Write(string path, HostKeys keys)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, options);
        JsonSerializer.Serialize(file, keys);
        file.Flush(flushToDisk: true);
    }

    private static HostKeys Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<HostKeys>(File.ReadAllBytes(path)) is { Master.Length: > 0, Function.Length: > 0, TrialKey.Length: > 0 } keys
                ? keys
                : throw new CorruptDataException(path, "must hold the keys master, function and trialKey");
        }
        catch (JsonException error)
        {
            throw new CorruptDataException(path, "must be JSON", error);
        }
    }
}
