using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Projects;

/// <summary>Writes a file so that nobody ever sees half of it.</summary>
internal static class AtomicFile
{
    /// <summary>Writes over what is there.</summary>
    public static void Replace(string file, string text) => Write(file, text, overwrite: true);

    /// <summary>Writes where nothing is.</summary>
    /// <returns>False where a file is already.</returns>
    public static bool TryCreate(string file, string text)
    {
        if (File.Exists(file))
        {
            return false;
        }

        try
        {
            Write(file, text, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(file))
        {
            return false;
        }
    }

    private static void Write(string file, string text, bool overwrite)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        string temporary = Path.Combine(folder, $".{Path.GetFileName(file)}.{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(folder);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UnavailableException($"folder {folder}", error.Message, error);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
