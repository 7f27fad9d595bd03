using System.Globalization;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>Writes the job that runs a segment, and keeps the folder that the nodes see.</summary>
/// <param name="options">The site's.</param>
/// <param name="access">How trials reach this installation.</param>
internal sealed class SlurmJobs(SlurmOptions options, ITrialAccess access) : IDisposable
{
    private readonly SemaphoreSlim _furnishing = new(1);
    private readonly string _prefix = $"hpo-{Fingerprint.Of($"{options.Site}\n{Path.GetFullPath(options.Folder)}", 8)}-";
    private string? _harness;

    /// <summary>What the names of all jobs of an experiment begin with.</summary>
    public string PrefixOf(string experiment) => $"{_prefix}{experiment}_";

    /// <summary>Name of the job of an attempt.</summary>
    public string NameOf(SegmentId segment, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{segment.InstanceId}_a{attempt}");

    /// <summary>File that a job prints to.</summary>
    public string OutputOf(string name) => Path.Join(options.Folder, "output", $"{name}.txt");

    /// <summary>Options of <c>sbatch</c> for a segment.</summary>
    public IReadOnlyList<string> WordsOf(SegmentWork work)
    {
        string name = NameOf(work.Segment, work.Attempt);
        List<string> words =
        [
            "--parsable", $"--job-name={name}", $"--output={OutputOf(name)}", "--open-mode=append", $"--chdir={options.Folder}", "--no-requeue", "--export=ALL", "--ntasks=1",
        ];
        string? time = work.Definition.Limits.Time is { } limit ? Text((int)Math.Ceiling((limit + options.StartAllowance).TotalMinutes)) : options.Time;
        Add("partition", options.Partition);
        Add("account", options.Account);
        Add("gres", options.Gres);
        Add("gpus", Text(options.Gpus));
        Add("cpus-per-task", Text(options.Cpus));
        Add("mem", options.Memory);
        Add("time", time);
        words.AddRange(options.Extra);
        return words;

        void Add(string option, string? value)
        {
            if (value is not null)
            {
                words.Add($"--{option}={value}");
            }
        }
    }

    /// <summary>The variables that tell the harness what to run.</summary>
    /// <exception cref="ConflictException">Nothing can reach this installation.</exception>
    public IReadOnlyDictionary<string, string> EnvironmentOf(SegmentWork work)
    {
        Uri api = options.Api ?? access.Address
            ?? throw new ConflictException("site", options.Site, "cannot be used: its trials cannot reach this service; say under which address, by Hpo:PublicUrl or the site's api");
        SegmentId segment = work.Segment;
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HPO_URL"] = api.AbsoluteUri.TrimEnd('/'),
            ["HPO_EXPERIMENT"] = segment.Experiment,
            ["HPO_TRIAL"] = segment.Trial.ToString(CultureInfo.InvariantCulture),
            ["HPO_SEGMENT"] = segment.Segment.ToString(CultureInfo.InvariantCulture),
            ["HPO_ATTEMPT"] = work.Attempt.ToString(CultureInfo.InvariantCulture),
            ["HPO_TOKEN"] = access.TokenOf(segment.Experiment, segment.Trial),
            ["HPO_CACHE"] = Path.Join(options.Folder, "cache"),
        };
    }

    /// <summary>The job's script. Everything that an administrator may not see is in its environment.</summary>
    public async Task<string> ScriptAsync(CancellationToken cancellation)
    {
        string harness = await HarnessAsync(cancellation);
        string before = options.Prescript is { } commands ? $"{{\n{commands}\n}} || {{ echo 'the prescript failed' >&2; exit 72; }}\n" : string.Empty;
        return $"#!/bin/sh\n{before}PYTHONPATH={ShellText.Quote(harness)}${{PYTHONPATH:+:$PYTHONPATH}}\nexport PYTHONPATH\nexec {ShellText.Quote(options.Python)} -m hpo_trial segment\n";
    }

    /// <summary>Removes what jobs of an experiment printed.</summary>
    public void Remove(string experiment)
    {
        string folder = Path.Join(options.Folder, "output");
        foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder, $"{PrefixOf(experiment)}*.txt") : [])
        {
            File.Delete(file);
        }
    }

    public void Dispose() => _furnishing.Dispose();

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Copies the harness to where nodes see it, once for each content.</summary>
    private async Task<string> HarnessAsync(CancellationToken cancellation)
    {
        await _furnishing.WaitAsync(cancellation);
        try
        {
            if (_harness is null)
            {
                string target = Path.Join(options.Folder, "harness", await FolderContent.NameAsync(options.HarnessPath, cancellation));
                Directory.CreateDirectory(Path.Join(options.Folder, "output"));
                if (!Directory.Exists(target))
                {
                    string part = $"{target}.{Guid.NewGuid():N}";
                    foreach (string file in Directory.EnumerateFiles(options.HarnessPath, "*.py", SearchOption.AllDirectories))
                    {
                        string copy = Path.Join(part, Path.GetRelativePath(options.HarnessPath, file));
                        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                        File.Copy(file, copy);
                    }

                    Directory.Move(part, target);
                }

                _harness = target;
            }

            return _harness;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnavailableException($"the folder of site {options.Site}", error.Message, error);
        }
        finally
        {
            _furnishing.Release();
        }
    }
}
