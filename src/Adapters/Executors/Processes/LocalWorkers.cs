using System.Diagnostics;
using System.Globalization;
using HpoServerless.Adapters.Executors.Machine;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Starts workers on this machine, with what their segments have of it.</summary>
internal sealed class LocalWorkers(ProcessExecutorOptions options, TrialFolders folders, TimeProvider time, ILogger logger, MachineOptions? machine = null) : IWorkerHost
{
    /// <summary>Says that card numbers are those of the bus, as nvidia-smi shows them. CUDA's own default is the fastest card first.</summary>
    private const string OrderVariable = "CUDA_DEVICE_ORDER";

    /// <summary>How many threads libraries start for one computation: by themselves they count all cores of the machine.</summary>
    private static readonly string[] ThreadVariables = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];

    public async Task<TrialWorker> StartAsync(SegmentRun run, CancellationToken cancellation)
    {
        LocalPlace place = new(options, folders, run.Share);
        if (!Directory.Exists(Path.Combine(options.HarnessPath, "hpo_trial")))
        {
            throw new WorkerStartException($"the package hpo_trial is not in {options.HarnessPath}", place.Advice);
        }

        ProcessStartInfo start = new(options.Python, ["-m", "hpo_trial", "worker"]);
        string harness = Path.GetFullPath(options.HarnessPath);
        start.Environment["PYTHONPATH"] = start.Environment.TryGetValue("PYTHONPATH", out string? inherited) && !string.IsNullOrEmpty(inherited)
            ? harness + Path.PathSeparator + inherited
            : harness;
        if (options.InputFolder is { } input)
        {
            foreach (string variable in PythonWorker.InputVariables)
            {
                start.Environment[variable] = input;
            }
        }

        if (machine is not null && run.Share is { } share)
        {
            Furnish(start, machine, share);
        }

        return await PythonWorker.StartAsync(start, place, run.Scripts, options.WorkerStartTimeout, time, logger, cancellation);
    }

    /// <summary>What holds for this process alone: several are started at the same time.</summary>
    private static void Furnish(ProcessStartInfo start, MachineOptions machine, MachineShare share)
    {
        start.Environment[GraphicsCards.Variable] = string.Join(',', share.Cards);
        start.Environment.TryAdd(OrderVariable, "PCI_BUS_ID");
        if (!share.Cores.IsEmpty)
        {
            foreach (string variable in ThreadVariables)
            {
                start.Environment[variable] = share.Cores.Length.ToString(CultureInfo.InvariantCulture);
            }

            start.ArgumentList.Add("--cores");
            start.ArgumentList.Add(string.Join(',', share.Cores));
        }

        foreach ((string name, string value) in machine.Env)
        {
            start.Environment[name] = value;
        }
    }
}
