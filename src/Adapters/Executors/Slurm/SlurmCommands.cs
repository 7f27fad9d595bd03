using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>Speaks with a cluster by the commands of Slurm.</summary>
internal sealed class SlurmCommands(SlurmOptions options)
{
    private const int WordsLimit = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>What says that a cluster cannot be reached just now; all else is a refusal.</summary>
    private static readonly string[] Passing =
    [
        "unable to contact slurm controller", "communication", "connection refused", "socket timed out", "zero bytes were transmitted", "temporarily",
        "protocol authentication", "munge", "try again", "resource limit", "job violates accounting", "slurm backup controller",
    ];

    /// <summary>Submits a job.</summary>
    /// <param name="words">Options of <c>sbatch</c>; everybody can see them.</param>
    /// <param name="script">The job's script; whoever administers the cluster can see it.</param>
    /// <param name="environment">Variables that only the job gets to see.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Number of the job.</returns>
    /// <exception cref="UnavailableException">The cluster does not answer.</exception>
    /// <exception cref="ConflictException">It refuses the job.</exception>
    public async Task<long> SubmitAsync(
        IReadOnlyList<string> words, string script, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        (int code, string output, string error) = await RunAsync("sbatch", words, script, environment, cancellation);
        if (code == 0 && long.TryParse(output.Trim().Split(';')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long job))
        {
            return job;
        }

        throw Refused("sbatch", error) ?? (Exception)new ConflictException("site", options.Site, $"does not take the job: {error}");
    }

    /// <summary>All jobs of this user that the cluster remembers.</summary>
    /// <exception cref="UnavailableException">The cluster does not answer.</exception>
    public async Task<List<SlurmJob>> ListAsync(CancellationToken cancellation)
    {
        string output = await AskAsync("squeue", ["--me", "--states=all", "--noheader", "--format=%A|%T|%j"], cancellation);
        List<SlurmJob> jobs = [];
        foreach (string[] fields in Lines(output).Select(line => line.Split('|', 3)))
        {
            if (fields.Length == 3 && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out long id))
            {
                jobs.Add(new(id, fields[2], fields[1]));
            }
        }

        return jobs;
    }

    /// <summary>A job with how it ended: from the controller, else from accounting where there is some. Null where both know nothing.</summary>
    /// <exception cref="UnavailableException">The cluster does not answer.</exception>
    public async Task<SlurmJob?> FindAsync(long id, CancellationToken cancellation)
    {
        string job = id.ToString(CultureInfo.InvariantCulture);
        (int code, string output, string error) = await RunAsync("scontrol", ["show", "job", job, "--oneliner"], null, Nothing, cancellation);
        if (code == 0)
        {
            return Parse(id, output);
        }

        if (!error.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase))
        {
            throw Refused("scontrol", error) ?? new UnavailableException(Name, error);
        }

        (code, output, _) = await RunAsync("sacct", ["--jobs", job, "--allocations", "--parsable2", "--noheader", "--format=JobName,State,ExitCode,Start,End"], null, Nothing, cancellation);
        string[] fields = Lines(output).LastOrDefault()?.Split('|') ?? [];
        return code == 0 && fields.Length == 5
            ? new SlurmJob(id, fields[0], fields[1].Split(' ')[0]) { Code = Exit(fields[2]).Code, Signal = Exit(fields[2]).Signal, StartedAt = Time(fields[3]), EndedAt = Time(fields[4]) }
            : null;
    }

    /// <summary>Ends jobs; those that have ended are none of its concern.</summary>
    /// <exception cref="UnavailableException">The cluster does not answer.</exception>
    public async Task CancelAsync(IReadOnlyCollection<long> jobs, CancellationToken cancellation)
    {
        if (jobs.Count > 0)
        {
            await AskAsync("scancel", ["--quiet", .. jobs.Select(job => job.ToString(CultureInfo.InvariantCulture))], cancellation);
        }
    }

    private string Name => $"the cluster of site {options.Site}";

    private async Task<string> AskAsync(string command, IReadOnlyList<string> words, CancellationToken cancellation)
    {
        (int code, string output, string error) = await RunAsync(command, words, null, Nothing, cancellation);
        return code == 0 ? output : throw new UnavailableException(Name, $"{command}: {error}");
    }

    private UnavailableException? Refused(string command, string error) =>
        error.Length == 0 || Passing.Any(word => error.Contains(word, StringComparison.OrdinalIgnoreCase)) ? new(Name, $"{command}: {error}") : null;

    private async Task<(int Code, string Output, string Error)> RunAsync(
        string command, IReadOnlyList<string> words, string? input, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(options.Commands is { } folder ? Path.Join(folder, command) : command, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string name in start.Environment.Keys.Where(PythonWorker.IsSecret).ToArray())
        {
            start.Environment.Remove(name);
        }

        if (command != "sbatch") // jobs take over its environment
        {
            start.Environment["SLURM_TIME_FORMAT"] = "standard";
            start.Environment["TZ"] = "UTC";
        }

        if (options.Configuration is { } configuration)
        {
            start.Environment["SLURM_CONF"] = configuration;
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(Patience);
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(late.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(late.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), late.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(late.Token);
            return (process.ExitCode, await output, LastLine(await error));
        }
        catch (Win32Exception error)
        {
            throw new UnavailableException(Name, $"the command {start.FileName} does not start here ({error.Message})", error);
        }
        catch (IOException error)
        {
            throw new UnavailableException(Name, $"{command}: {error.Message}", error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new UnavailableException(Name, $"{command} does not answer in time", error);
        }
        finally
        {
            if (process is { HasExited: false })
            {
                process.Kill();
            }

            process?.Dispose();
        }
    }

    private static SlurmJob Parse(long id, string line)
    {
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (string field in line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                fields.TryAdd(field[..equals], field[(equals + 1)..]);
            }
        }

        (int? code, int signal) = Exit(fields.GetValueOrDefault("ExitCode", string.Empty));
        return new(id, fields.GetValueOrDefault("JobName", string.Empty), fields.GetValueOrDefault("JobState", string.Empty))
        {
            Code = code,
            Signal = signal,
            StartedAt = Time(fields.GetValueOrDefault("StartTime")),
            EndedAt = Time(fields.GetValueOrDefault("EndTime")),
            Reason = fields.GetValueOrDefault("Reason") is { } reason && reason != "None" ? reason : null,
        };
    }

    private static (int? Code, int Signal) Exit(string text) =>
        text.Split(':') is [var code, var signal] && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? (number, int.TryParse(signal, NumberStyles.None, CultureInfo.InvariantCulture, out int by) ? by : 0)
            : (null, 0);

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string LastLine(string text)
    {
        StringBuilder words = new(Lines(text).LastOrDefault() ?? string.Empty);
        return words.Length <= WordsLimit ? words.ToString() : words.ToString(0, WordsLimit);
    }
}
