using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>How <see cref="ProcessExecutor"/> runs segments on this machine.</summary>
public sealed record ProcessExecutorOptions
{
    /// <summary>Name of the site.</summary>
    public string Site { get; init; } = "local";

    /// <summary>Python 3.9 or newer: a path, or a name on PATH.</summary>
    /// <value>The environment variable <c>HPO_PYTHON</c>, else <c>python3</c>.</value>
    public string Python { get; init; } = Environment.GetEnvironmentVariable("HPO_PYTHON") is { Length: > 0 } named ? named : "python3";

    /// <summary>Folder that contains the package <c>hpo_trial</c>.</summary>
    /// <value><c>python</c> beside the program.</value>
    public string HarnessPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "python");

    /// <summary>Data folder: unpacked scripts go to <c>scripts/</c>, trials to <c>experiments/&lt;id&gt;/trials/&lt;number&gt;/</c>.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>Folder with input data, which programs are told as <c>HPOGRID_DATA_DIR</c> and <c>HPOGRID_WORK_DIR</c>, hpogrid's names.</summary>
    /// <value>Null: what this process was told itself.</value>
    public string? InputFolder { get; init; }

    /// <summary>Most worker processes at the same time; further segments wait. At least 1.</summary>
    /// <value>Unbounded: as many as segments are started.</value>
    public int MaxWorkers { get; init; } = int.MaxValue;

    /// <summary>How long an interpreter may take to start.</summary>
    public TimeSpan WorkerStartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a program that was told to stop may take to end by itself, where its experiment does not say.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a program that was told to pause may take to save itself and end.</summary>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After how long without work a worker process is ended.</summary>
    public TimeSpan IdleWorkerTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The options for a site that gives out this machine.</summary>
    internal static ProcessExecutorOptions For(MachineOptions site, string workFolder)
    {
        ProcessExecutorOptions defaults = new() { WorkFolder = workFolder };
        return defaults with
        {
            Site = site.Site,
            Python = site.Python ?? defaults.Python,
            MaxWorkers = site.Parallel ?? int.MaxValue,
            StopGrace = site.StopGrace,
            PauseGrace = site.PauseGrace,
        };
    }

    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    internal void Validate()
    {
        List<Fault> faults = [];
        Need(Site.Length > 0, nameof(Site), Site, "must not be empty");
        Need(Python.Length > 0, nameof(Python), Python, "must not be empty");
        Need(WorkFolder.Length > 0, nameof(WorkFolder), WorkFolder, "must not be empty");
        Need(MaxWorkers >= 1, nameof(MaxWorkers), MaxWorkers, "must be at least 1");
        Need(WorkerStartTimeout > TimeSpan.Zero, nameof(WorkerStartTimeout), WorkerStartTimeout, "must be above 0");
        Need(StopGrace >= TimeSpan.Zero, nameof(StopGrace), StopGrace, "must be at least 0");
        Need(PauseGrace >= TimeSpan.Zero, nameof(PauseGrace), PauseGrace, "must be at least 0");
        Need(IdleWorkerTimeout > TimeSpan.Zero, nameof(IdleWorkerTimeout), IdleWorkerTimeout, "must be above 0");
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        void Need(bool holds, string name, object value, string rule)
        {
            if (!holds)
            {
                faults.Add(new Fault(name, value.ToString(), rule));
            }
        }
    }
}
