using System.Collections.Immutable;
using System.Text;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>Finds the script of an experiment and the directory in which it runs.</summary>
/// <param name="currentDirectory">Where Auptimizer looks.</param>
/// <param name="fileFolder">Folder of the experiment file.</param>
/// <param name="python">What runs Python scripts that are not executable.</param>
internal sealed class AupScript(string currentDirectory, string fileFolder, string python)
{
    /// <summary>Reads <c>script</c> and <c>workingdir</c>.</summary>
    public AupJob Read(DocumentReader reader, string resource, List<string> remarks)
    {
        string? given = reader.Text("workingdir");
        string? cwd = reader.Text("cwd");
        if (given is not null && cwd is not null && given != cwd)
        {
            remarks.Add("cwd is left out: workingdir says where jobs run");
        }

        given ??= cwd;
        ImmutableArray<string> words = reader.Text("script") is { } script ? Split(script) : [];
        if (words.IsEmpty)
        {
            reader.Fault("script", "is missing");
            return new([string.Empty], null, null);
        }

        return resource switch
        {
            AupSite.Passive => new(words, null, null),
            AupSite.Node or AupSite.Aws => Carried(reader, words, given),
            _ => InPlace(reader, words, given),
        };
    }

    /// <summary>A job on this machine: the script runs where it is.</summary>
    private AupJob InPlace(DocumentReader reader, ImmutableArray<string> words, string? workingDirectory)
    {
        string[] folders = [.. Folders().Select(folder => Path.GetFullPath(Path.Combine(folder, workingDirectory ?? "."))).Where(Directory.Exists)];
        if (folders.Length == 0)
        {
            reader.Fault("workingdir", "must be a folder that exists");
            return new(words, null, null);
        }

        if (Find(folders, words) is not { } found)
        {
            reader.Fault("script", $"must be a file in {string.Join(" or ", folders)}, or a program on PATH");
            return new(words, null, null);
        }

        return new(Runnable(reader, found.Words, found.Folder), found.Folder, null);
    }

    /// <summary>A job on another machine: the folder of the script is carried there.</summary>
    private AupJob Carried(DocumentReader reader, ImmutableArray<string> words, string? workingDirectory)
    {
        string[] folders = [.. Folders().Select(Path.GetFullPath).Where(Directory.Exists)];
        string? file = words.Select(word => folders.Select(folder => Path.Combine(folder, word)).FirstOrDefault(File.Exists)).FirstOrDefault(path => path is not null);
        if (file is null)
        {
            reader.Fault("script", $"must be a file in {string.Join(" or ", folders)}");
            return new(words, workingDirectory, null);
        }

        string home = Path.GetDirectoryName(Path.GetFullPath(file))!;
        ImmutableArray<string> carried = [.. words.Select(word => folders.Any(folder => Path.GetFullPath(Path.Combine(folder, word)) == Path.GetFullPath(file)) ? Path.GetFileName(file) : word)];
        bool isBare = carried[0] == Path.GetFileName(file) && carried[0].EndsWith(".py", StringComparison.Ordinal) && !HasShebang(file);
        return new(isBare ? ["python3", .. carried] : carried, workingDirectory, home);
    }

    private IEnumerable<string> Folders() => new[] { currentDirectory, fileFolder }.Distinct(StringComparer.Ordinal);

    private static (string Folder, ImmutableArray<string> Words)? Find(string[] folders, ImmutableArray<string> words)
    {
        foreach (string folder in folders)
        {
            if (Path.GetFullPath(Path.Combine(folder, words[0])) is var file && File.Exists(file))
            {
                return (folder, words.SetItem(0, file));
            }
        }

        bool isOnPath = !words[0].Contains('/', StringComparison.Ordinal)
            && (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, words[0])));
        return isOnPath ? (folders.FirstOrDefault(folder => words.Skip(1).Any(word => File.Exists(Path.Combine(folder, word)))) ?? folders[0], words) : null;
    }

    /// <summary>The words by which a script starts that may have lost its executable bit.</summary>
    private ImmutableArray<string> Runnable(DocumentReader reader, ImmutableArray<string> words, string folder)
    {
        string file = Path.Combine(folder, words[0]);
        if (!File.Exists(file) || OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None)
        {
            return words;
        }

        if (file.EndsWith(".py", StringComparison.Ordinal))
        {
            return [python, .. words];
        }

        reader.Fault("script", $"must be executable: chmod +x {file}");
        return words;
    }

    private static bool HasShebang(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return stream.ReadByte() == '#' && stream.ReadByte() == '!';
    }

    /// <summary>Splits at blanks, except between quotation marks.</summary>
    private static ImmutableArray<string> Split(string text)
    {
        ImmutableArray<string>.Builder words = ImmutableArray.CreateBuilder<string>();
        StringBuilder word = new();
        char? mark = null;
        bool isWord = false;
        foreach (char c in text)
        {
            if (c == mark)
            {
                mark = null;
            }
            else if (mark is null && c is '\'' or '"')
            {
                (mark, isWord) = (c, true);
            }
            else if (mark is null && char.IsWhiteSpace(c))
            {
                Add();
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        Add();
        return words.ToImmutable();

        void Add()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            isWord = false;
        }
    }
}
