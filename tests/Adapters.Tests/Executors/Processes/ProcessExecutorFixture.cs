using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

/// <summary>A data folder, scripts of the test's own and executors over them.</summary>
internal sealed class ProcessExecutorFixture : IAsyncDisposable
{
    private const string Scripts = "scripts/local.zip";

    private readonly List<ProcessExecutor> _executors = [];

    public ProcessExecutorFixture(params (string Path, string Text)[] scripts) => Artifacts = new MemoryArtifacts().WithScripts(Scripts, scripts);

    public string Folder { get; } = Directory.CreateTempSubdirectory("hpo-process-").FullName;

    public RecordedEvents Events { get; private set; } = new();

    public MemoryArtifacts Artifacts { get; }

    /// <summary>A new executor, as after a restart of the host.</summary>
    public ProcessExecutor Start(Func<ProcessExecutorOptions, ProcessExecutorOptions>? change = null)
    {
        Events = new();
        ProcessExecutorOptions options = new() { WorkFolder = Folder, MaxWorkers = 1, StopGrace = TimeSpan.FromSeconds(1) };
        _executors.Add(new(change?.Invoke(options) ?? options, Events, Artifacts));
        return _executors[^1];
    }

    /// <summary>A new executor that gives out this machine.</summary>
    public ProcessExecutor Start(MachineOptions site)
    {
        Events = new();
        _executors.Add(new(site with { StopGrace = TimeSpan.FromSeconds(1) }, Folder, Events, Artifacts));
        return _executors[^1];
    }

    public static SegmentWork Python(string model, int trial = 1, TrialLimits? limits = null) =>
        Work(new() { Scripts = Scripts, Script = "local.py", Model = model }, trial, limits);

    public static SegmentWork Command(string[] command, int trial = 1, TrialLimits? limits = null) =>
        Work(new() { Scripts = Scripts, Command = [.. command] }, trial, limits);

    public string TrialFolder(SegmentWork work) =>
        Path.Combine(Folder, "experiments", work.Segment.Experiment, "trials", work.Segment.Trial.ToString());

    public async Task<SegmentOutcome> RunAsync(ProcessExecutor executor, SegmentWork work)
    {
        string handle = await executor.StartAsync(work, default);
        await Events.EndOf(work.Segment);
        return (await executor.PollAsync(work.Segment, handle, default))!;
    }

    /// <summary>The content of a file in a trial's folder, once the program has written it.</summary>
    public async Task<string> WrittenAsync(SegmentWork work, string name)
    {
        string path = Path.Combine(TrialFolder(work), name);
        await Eventually.HoldsAsync(() => File.Exists(path) && new FileInfo(path).Length > 0, $"the program never wrote {path}");
        return await File.ReadAllTextAsync(path);
    }

    /// <summary>Waits until a process is no more (or is only waited for by its parent).</summary>
    public static Task GoneAsync(int process)
    {
        string status = $"/proc/{process}/stat";
        return Eventually.HoldsAsync(() => !File.Exists(status) || ReadOrEmpty(status).Contains(") Z", StringComparison.Ordinal), $"process {process} never ended");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ProcessExecutor executor in _executors)
        {
            await executor.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ") Z"; // it ended while it was looked at
        }
    }

    private static SegmentWork Work(TrialProgram program, int trial, TrialLimits? limits) => new(
        new SegmentId("local", trial, 0),
        new ExperimentDefinition
        {
            Project = "local",
            Space = new SearchSpace(new UniformParameter("x", 0, 10)),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            NumTrials = 1,
            MaxConcurrent = 1,
            Seed = 1,
            Program = program,
            Limits = limits ?? new(),
        },
        Configuration.Of(("x", ParameterValue.Of(3.0))),
        Until: null,
        Attempt: 0);
}
