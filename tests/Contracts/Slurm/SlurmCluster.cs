using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace HpoServerless.Contracts.Slurm;

/// <summary>A real Slurm cluster of one node on the loopback address, with keys and a configuration of its own, for the user who runs the tests.</summary>
public sealed class SlurmCluster : IAsyncDisposable
{
    private readonly List<Process> _processes = [];

    private SlurmCluster(string folder) => Folder = folder;

    /// <summary>Folder of the cluster; also what it shares with its node.</summary>
    public string Folder { get; }

    /// <summary>Its configuration file.</summary>
    public string Configuration => Path.Join(Folder, "slurm.conf");

    public static async Task<SlurmCluster> StartAsync()
    {
        SlurmCluster cluster = new(Directory.CreateTempSubdirectory("hpo-slurm-").FullName);
        string socket = Path.Join(cluster.Folder, "munge.sock");
        string key = Path.Join(cluster.Folder, "munge.key");
        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(1024));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.SetUnixFileMode(cluster.Folder, (UnixFileMode)0b111_101_101); // munge wants its socket to be reached
        }

        string host = Environment.MachineName.Split('.')[0];
        await File.WriteAllTextAsync(cluster.Configuration, string.Create(CultureInfo.InvariantCulture, $"""
            ClusterName=tests
            SlurmctldHost={host}(127.0.0.1)
            SlurmctldPort={FreePort()}
            SlurmdPort={FreePort()}
            SlurmUser={Environment.UserName}
            SlurmdUser={Environment.UserName}
            AuthType=auth/munge
            AuthInfo=socket={socket}
            CredType=cred/munge
            StateSaveLocation={cluster.Folder}/state
            SlurmdSpoolDir={cluster.Folder}/spool
            SlurmctldPidFile={cluster.Folder}/slurmctld.pid
            SlurmdPidFile={cluster.Folder}/slurmd.pid
            SlurmctldLogFile={cluster.Folder}/slurmctld.log
            SlurmdLogFile={cluster.Folder}/slurmd.log
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            SwitchType=switch/none
            MpiDefault=none
            SchedulerType=sched/builtin
            SchedulerParameters=batch_sched_delay=0
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            ReturnToService=2
            KillWait=1
            NodeName={host} NodeAddr=127.0.0.1 CPUs=1 RealMemory=500 State=UNKNOWN
            PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4

            """));
        Directory.CreateDirectory(Path.Join(cluster.Folder, "state"));
        Directory.CreateDirectory(Path.Join(cluster.Folder, "spool"));
        cluster.Run(
            "munged", "--foreground", "--force", $"--key-file={key}", $"--socket={socket}", $"--pid-file={cluster.Folder}/munged.pid",
            $"--log-file={cluster.Folder}/munged.log", $"--seed-file={cluster.Folder}/munged.seed");
        await UntilAsync(() => Task.FromResult(File.Exists(socket)), "munged does not start");
        cluster.Run("slurmctld", "-D", "-i", "-f", cluster.Configuration);
        cluster.Run("slurmd", "-D", "-f", cluster.Configuration);
        await UntilAsync(async () => (await cluster.AskAsync("sinfo", "--noheader", "--format=%T")).Trim() == "idle", "the node does not come");
        return cluster;
    }

    /// <summary>Runs one of Slurm's commands.</summary>
    /// <returns>What it printed.</returns>
    public async Task<string> AskAsync(string command, params string[] words)
    {
        ProcessStartInfo start = new(command, words) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["SLURM_CONF"] = Configuration;
        using Process process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        await AskAsync("scancel", "--me", "--quiet");
        await UntilAsync(async () => (await AskAsync("squeue", "--noheader")).Length == 0, "jobs do not end");
        foreach (Process process in Enumerable.Reverse(_processes))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string problem)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            Assert.False(late.IsCancellationRequested, problem);
            await Task.Delay(50);
        }
    }

    private void Run(string program, params string[] words)
    {
        string path = new[] { $"/usr/sbin/{program}", $"/usr/local/sbin/{program}", $"/usr/bin/{program}" }.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{program} is missing: install the packages slurm-wlm and munge");
        ProcessStartInfo start = new(path, words) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["SLURM_CONF"] = Configuration;
        Process process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        _processes.Add(process);
    }
}
