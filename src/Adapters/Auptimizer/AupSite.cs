using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>Where jobs run.</summary>
/// <param name="Name">Name of the site.</param>
/// <param name="Settings">What <c>sites.json</c> is to say of it; null where the installation has it already.</param>
/// <param name="CardsPerJob">Graphics cards that a job takes; null for what the site gives.</param>
public sealed record AupSite(string Name, JsonObject? Settings, int? CardsPerJob = null)
{
    internal const string Cpu = "cpu";
    internal const string Gpu = "gpu";
    internal const string Node = "node";
    internal const string Aws = "aws";
    internal const string Passive = "passive";

    internal static readonly ImmutableArray<string> Resources = [Cpu, Gpu, Node, Aws, Passive];

    private const string Prefix = "aup-";

    /// <summary>The type of resource that it stands for.</summary>
    public string Resource => Name.StartsWith(Prefix, StringComparison.Ordinal) ? Name[Prefix.Length..] : Name;

    /// <summary>The site of a type of resource. One that the installation names like the resource comes first.</summary>
    /// <param name="resource">The type of resource.</param>
    /// <param name="environment">What env.ini says.</param>
    /// <param name="options">What the experiment says of connections, for sites that have some.</param>
    /// <param name="installed">Names of the sites of the installation.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <returns>Null for <c>local</c>.</returns>
    internal static AupSite? For(string resource, AupEnvironment environment, JsonObject options, IReadOnlySet<string> installed, List<Fault> faults)
    {
        if (installed.Contains(resource))
        {
            return new(resource, null);
        }

        return resource switch
        {
            Gpu => ForCards(environment, faults),
            Node => ForMachines(resource, "ssh", AupEnvironment.Node, environment, options, faults),
            Aws => ForMachines(resource, "aws", AupEnvironment.Aws, environment, options, faults),
            _ => null,
        };
    }

    private static AupSite ForCards(AupEnvironment environment, List<Fault> faults)
    {
        string[][] rows = [.. environment[AupEnvironment.Gpu].Select(row => row.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        JsonObject settings = new() { ["type"] = "gpu" };
        if (rows.Length == 0)
        {
            return new(Prefix + Gpu, settings); // all that nvidia-smi shows
        }

        string[] cards = [.. rows.SelectMany(row => row).Distinct(StringComparer.Ordinal)];
        int perJob = rows[0].Length;
        if (perJob == 0 || rows.Any(row => row.Length != perJob))
        {
            faults.Add(new($"env.ini: {AupEnvironment.Gpu}", null, "must have the same number of cards in each row, one or more"));
        }

        settings["gpus"] = string.Join(',', cards);
        int[] jobs = [.. cards.Select(card => rows.Count(row => row.Contains(card)))];
        settings["jobs_per_gpu"] = jobs.Distinct().Count() == 1 ? jobs[0] : string.Join(',', jobs);
        settings["n_parallel"] = rows.Length;
        return new(Prefix + Gpu, settings, perJob > 1 ? perJob : null);
    }

    private static AupSite ForMachines(string resource, string type, string mapping, AupEnvironment environment, JsonObject options, List<Fault> faults)
    {
        ImmutableArray<string> nodes = environment[mapping];
        if (nodes.IsEmpty)
        {
            string where = environment.File is { } file ? $"{file} has no {mapping}" : "there is no env.ini in .aup";
            faults.Add(new("resource", $"\"{resource}\"", $"needs {mapping} in env.ini, or a site named {resource} in sites.json of the data folder; {where}"));
        }

        JsonObject settings = (JsonObject)options.DeepClone();
        settings["type"] = type;
        settings["nodes"] = new JsonArray([.. nodes.Select(node => JsonValue.Create(node))]);
        return new(Prefix + resource, settings);
    }
}
