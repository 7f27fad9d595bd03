using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The options of <c>hpo submit_idds</c>.</summary>
internal sealed partial class SubmitIddsOptions
{
    private const string AnySite = "ANY";
    private const string DefaultName = "user.{ACCOUNT}.hpo.{HPO_PROJECT_NAME}.{TIME}";
    private const int LongestName = 120;

    private readonly Option<string?> _site = new("--site", "-s") { Description = "Sites to choose from, joined with commas; ANY leaves the choice to PanDA. Default: grid_config.site.", HelpName = "SITE" };
    private readonly Option<string?> _container = new("--container") { Description = "Image in which points are evaluated; it needs hpo and Python. Default: grid_config.container.", HelpName = "IMAGE" };
    private readonly Option<string?> _steering = new("--steering_container") { Description = "Docker image in which points are generated; it needs hpo. Default: that of --container where it begins with docker://.", HelpName = "IMAGE" };
    private readonly Option<string?> _outDS = new("--outDS") { Description = $"Name of the task and its output dataset, with places {{HPO_PROJECT_NAME}}, {{ACCOUNT}} and {{TIME}}. Default: grid_config.outDS, else {DefaultName}.", HelpName = "NAME" };
    private readonly Option<string?> _account = new("--account") { Description = "What stands for {ACCOUNT}. Default: RUCIO_ACCOUNT.", HelpName = "NAME" };
    private readonly Option<int?> _numTrials = new("--num_trials") { Description = "Number of points. Default: the project's num_trials.", HelpName = "N" };
    private readonly Option<int?> _generation = new("--points_per_generation") { Description = "Points of one generation; the next one begins when all of them are evaluated. Default: the project's max_concurrent.", HelpName = "N" };
    private readonly Option<int?> _maxJobs = new("--max_jobs") { Description = "Most evaluation jobs, repeated ones included. Default: twice the points.", HelpName = "N" };
    private readonly Option<string> _architecture = new("--architecture") { Description = "PanDA's architecture of the jobs, for example nvidia-gpu.", HelpName = "TEXT", DefaultValueFactory = static _ => string.Empty };
    private readonly Option<long?> _seed = new("--seed") { Description = "Source of the search's randomness. Default: the project's seed, else a new one.", HelpName = "N" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _site, _container, _steering, _outDS, _account, _numTrials, _generation, _maxJobs, _architecture, _seed })
        {
            command.Add(option);
        }
    }

    /// <summary>The search that was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">The world around.</param>
    /// <param name="loaded">The project.</param>
    /// <param name="vo">The virtual organisation; null for the usual one.</param>
    /// <param name="needsContainer">Whether PanDA is to evaluate the points.</param>
    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    public IddsTask Read(ParseResult parsed, CliContext context, LoadedProject loaded, string? vo, bool needsContainer)
    {
        List<Fault> faults = [];
        ProjectDocument project = loaded.Document;
        Positive(_numTrials);
        Positive(_generation);
        Positive(_maxJobs);
        if (parsed.GetValue(_seed) is < 0 and { } seed)
        {
            faults.Add(new(_seed.Name, seed.ToString(CultureInfo.InvariantCulture), "must be at least 0"));
        }

        project = project with { Hpo = project.Hpo with { NumTrials = parsed.GetValue(_numTrials) ?? project.Hpo.NumTrials } };
        faults.AddRange(FaultsOf(project.Hpo));
        if (parsed.GetValue(_maxJobs) is { } jobs && jobs < project.Hpo.NumTrials)
        {
            faults.Add(new(_maxJobs.Name, jobs.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"must be at least the number of points, {project.Hpo.NumTrials}: each is a job")));
        }

        string container = parsed.GetValue(_container) ?? project.Grid.Container ?? string.Empty;
        if (container.Length == 0 && needsContainer)
        {
            faults.Add(new("grid_config.container", null, $"is missing: name the image in which points are evaluated, there or with {_container.Name}"));
        }

        string name = Name(parsed, context, project, faults);
        string image = Image(parsed.GetValue(_steering) ?? container, faults);
        ImmutableArray<string> sites = parsed.GetValue(_site) is { } given ? [.. given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : project.Grid.Sites;
        return faults.Count > 0
            ? throw new InvalidInputException([.. faults])
            : new(project, new()
            {
                TaskName = name,
                Container = container,
                SteeringImage = image,
                Sites = [.. sites.Where(site => site != AnySite)],
                PointsPerGeneration = parsed.GetValue(_generation) ?? project.Hpo.MaxConcurrent,
                Seed = (ulong?)parsed.GetValue(_seed) ?? project.Hpo.Extras.Seed ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
                MaxJobs = parsed.GetValue(_maxJobs),
                Vo = vo?.Split(':', '.')[0] ?? "atlas",
                Architecture = parsed.GetRequiredValue(_architecture),
            });

        void Positive(Option<int?> option)
        {
            if (parsed.GetValue(option) is < 1 and { } value)
            {
                faults.Add(new(option.Name, value.ToString(CultureInfo.InvariantCulture), "must be at least 1"));
            }
        }
    }

    /// <summary>What a search of iDDS cannot have.</summary>
    private static IEnumerable<Fault> FaultsOf(HpoConfig hpo)
    {
        if (!hpo.Goals.Objectives.IsEmpty)
        {
            yield return new("hpo_config.metrics", null, "must be a single one: iDDS keeps one loss a point");
        }

        if (!hpo.Goals.Constraints.IsEmpty)
        {
            yield return new("hpo_config.constraints", null, "must be left out: iDDS keeps one loss a point and nothing else");
        }
    }

    private string Name(ParseResult parsed, CliContext context, ProjectDocument project, List<Fault> faults)
    {
        string? account = parsed.GetValue(_account) ?? (context.Variable("RUCIO_ACCOUNT") is { Length: > 0 } known ? known : null);
        string template = parsed.GetValue(_outDS) ?? project.Grid.OutDS ?? DefaultName;
        string name = TimePart().Replace(template, "{TIME}").Replace("{HPO_PROJECT_NAME}", project.Name, StringComparison.Ordinal)
            .Replace("{TIME}", context.Time.GetUtcNow().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("${RUCIO_ACCOUNT}", "{ACCOUNT}", StringComparison.Ordinal).Replace("$RUCIO_ACCOUNT", "{ACCOUNT}", StringComparison.Ordinal).TrimEnd('/');
        if (name.Contains("{ACCOUNT}", StringComparison.Ordinal) && account is null)
        {
            faults.Add(new(_account.Name, null, $"is missing: give it, or set RUCIO_ACCOUNT, because the name of the task has a place for it ({template})"));
            return name;
        }

        name = name.Replace("{ACCOUNT}", account, StringComparison.Ordinal);
        if (name.Length is 0 or > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            faults.Add(new(parsed.GetValue(_outDS) is null ? "grid_config.outDS" : _outDS.Name, JsonSerializer.Serialize(template), $"must make a name of at most {LongestName} of the characters A-Z a-z 0-9 _ . -, made {name}"));
        }

        return name;
    }

    private string Image(string image, List<Fault> faults)
    {
        const string Docker = "docker://";
        string plain = image.StartsWith(Docker, StringComparison.Ordinal) ? image[Docker.Length..] : image;
        if (plain.Length == 0 || plain.StartsWith('/') || plain.Any(c => char.IsWhiteSpace(c) || c is '\'' or '"' or '$' or '`' or ';' or '&' or '|' or '<' or '>' or '\\'))
        {
            faults.Add(new(_steering.Name, image.Length == 0 ? null : JsonSerializer.Serialize(image), "must name a docker image with hpo in it, such as docker://organisation/image:tag: iDDS runs the steering program with docker"));
        }

        return plain;
    }

    /// <summary>There is no shell: a part that one would put a time into gets it here.</summary>
    [GeneratedRegex(@"\$\([^)]*\)|`[^`]*`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TimePart();
}
