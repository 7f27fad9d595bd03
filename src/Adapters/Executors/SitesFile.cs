using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors;

/// <summary>The sites of an installation on this machine: <c>sites.json</c> in its data folder.</summary>
public static class SitesFile
{
    /// <summary>Name of the file.</summary>
    public const string Name = "sites.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Names of the sites that it has.</summary>
    /// <exception cref="InvalidInputException">The file is no JSON object.</exception>
    public static IReadOnlySet<string> Names(string dataFolder) => Read(dataFolder).Select(site => site.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a site, or says anew what it is.</summary>
    /// <returns>False where the file says that already.</returns>
    /// <exception cref="InvalidInputException">The file is no JSON object, or cannot be written.</exception>
    public static bool Put(string dataFolder, string name, JsonObject settings)
    {
        JsonObject sites = Read(dataFolder);
        if (JsonNode.DeepEquals(sites[name], settings))
        {
            return false;
        }

        sites[name] = settings.DeepClone();
        try
        {
            Directory.CreateDirectory(dataFolder);
            AtomicFile.Replace(Path.Combine(dataFolder, Name), sites.ToJsonString(Indented) + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault("--data", $"\"{dataFolder}\"", $"must be a folder that can be written ({error.Message})"));
        }

        return true;
    }

    private static JsonObject Read(string dataFolder)
    {
        string file = Path.Combine(dataFolder, Name);
        if (!File.Exists(file))
        {
            return [];
        }

        try
        {
            JsonDocumentOptions lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            return JsonNode.Parse(File.ReadAllText(file), documentOptions: lenient) as JsonObject ?? throw new InvalidInputException(new Fault(file, null, "must be a JSON object of sites"));
        }
        catch (JsonException error)
        {
            throw new InvalidInputException(new Fault(file, null, $"must be JSON: {error.Message}"));
        }
    }
}
