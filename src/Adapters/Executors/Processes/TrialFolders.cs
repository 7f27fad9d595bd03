using System.Text;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Where the files of trials are.</summary>
internal sealed class TrialFolders(string workFolder, string segmentLog = TrialFolders.DefaultSegmentLog)
{
    /// <summary>Name of the file in an experiment's folder that the executor of this machine notes segments in.</summary>
    public const string DefaultSegmentLog = "segments.jsonl";

    private const int RemovalTries = 100;
    private const int TailBytes = 8 << 10;

    private readonly string _root = Path.Combine(Path.GetFullPath(workFolder), "experiments");

    public static string LogIn(string folder) => Path.Join(folder, "log.txt");

    /// <summary>Where the trial's checkpoints are on their way to or from the artifact store.</summary>
    public static string CheckpointsIn(string folder) => Path.Join(folder, ".checkpoints");

    public string Of(SegmentId segment) => Of(segment.Experiment, segment.Trial);

    public string Of(string experiment, int trial) => Path.Join(_root, experiment, "trials", trial.ToString());

    public string SegmentLogOf(string experiment) => Path.Join(_root, experiment, segmentLog);

    /// <summary>Removes what trials of an experiment left. Other files of the experiment are not touched.</summary>
    public void Remove(string experiment)
    {
        string folder = Path.Join(_root, experiment);
        string trials = Path.Join(folder, "trials");
        for (int left = RemovalTries - 1; Directory.Exists(trials); left--)
        {
            try
            {
                Directory.Delete(trials, recursive: true);
            }
            catch (IOException) when (left > 0)
            {
                // What was killed a moment ago wrote its last line meanwhile.
            }
        }

        if (Directory.Exists(folder))
        {
            File.Delete(SegmentLogOf(experiment));
        }
    }

    /// <summary>The line of a trial's log that says most about a sudden end: the fatal error, else the last line; null where there is none.</summary>
    public string? LastWords(SegmentId segment)
    {
        try
        {
            using FileStream log = new(LogIn(Of(segment)), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            log.Seek(-Math.Min(TailBytes, log.Length), SeekOrigin.End);
            byte[] tail = new byte[TailBytes];
            string[] lines = Encoding.UTF8.GetString(tail, 0, log.ReadAtLeast(tail, TailBytes, throwOnEndOfStream: false))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return lines.LastOrDefault(line => line.StartsWith("Fatal Python error", StringComparison.Ordinal)) ?? lines.LastOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
