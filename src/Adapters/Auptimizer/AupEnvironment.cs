using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>What an <c>env.ini</c> of Auptimizer says of the machines: section <c>[Auptimizer]</c>, as its setup writes it.</summary>
/// <param name="File">The file; null where there is none.</param>
/// <param name="Mappings">Texts by resource id, under <c>gpu_mapping</c>, <c>node_mapping</c> and <c>aws_mapping</c>.</param>
internal sealed record AupEnvironment(string? File, ImmutableDictionary<string, ImmutableArray<string>> Mappings)
{
    public const string Gpu = "gpu_mapping";
    public const string Node = "node_mapping";
    public const string Aws = "aws_mapping";

    private const string FileName = "env.ini";
    private const string Folder = ".aup";
    private const string Section = "[Auptimizer]";

    private static readonly string[] Keys = [Gpu, Node, Aws];

    /// <summary>The texts of a mapping, in the order of the file; empty where it is not given.</summary>
    public ImmutableArray<string> this[string mapping] => Mappings.GetValueOrDefault(mapping, []);

    /// <summary>Reads the first file that there is.</summary>
    /// <param name="given">Folder that must have one; null for <c>.aup</c> in the current and in the home folder, where it may be missing.</param>
    /// <param name="currentDirectory">What the folder is relative to.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public static AupEnvironment Read(string? given, string currentDirectory, List<Fault> faults)
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] folders = given is null ? [Path.Combine(currentDirectory, Folder), Path.Combine(home, Folder)] : [Path.Combine(currentDirectory, given)];
        string? file = folders.Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(System.IO.File.Exists);
        if (file is null && given is not null)
        {
            faults.Add(new("--aup_folder", $"\"{given}\"", $"must be a folder with {FileName}"));
        }

        return new(file, file is null ? ImmutableDictionary<string, ImmutableArray<string>>.Empty : Parse(file, faults));
    }

    private static ImmutableDictionary<string, ImmutableArray<string>> Parse(string file, List<Fault> faults)
    {
        ImmutableDictionary<string, ImmutableArray<string>>.Builder mappings = ImmutableDictionary.CreateBuilder<string, ImmutableArray<string>>();
        bool inside = false;
        foreach (string line in System.IO.File.ReadLines(file).Select(line => line.Trim()))
        {
            if (line.StartsWith('['))
            {
                inside = line.Equals(Section, StringComparison.OrdinalIgnoreCase);
                continue;
            }

            int end = line.IndexOfAny(['=', ':']);
            if (inside && end > 0 && Keys.FirstOrDefault(key => key.Equals(line[..end].Trim(), StringComparison.OrdinalIgnoreCase)) is { } known)
            {
                mappings[known] = ParseMapping(file, known, line[(end + 1)..].Trim(), faults);
            }
        }

        return mappings.ToImmutable();
    }

    private static ImmutableArray<string> ParseMapping(string file, string key, string text, List<Fault> faults)
    {
        if (text.Length == 0 || text.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return [];
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                return [.. json.RootElement.EnumerateObject().Select(row => row.Value.ValueKind == JsonValueKind.String ? row.Value.GetString()! : row.Value.GetRawText())];
            }
        }
        catch (JsonException)
        {
            // told below
        }

        faults.Add(new($"{Path.GetFileName(file)}: {key}", null, "must be a JSON object from resource ids to texts, on one line"));
        return [];
    }
}
