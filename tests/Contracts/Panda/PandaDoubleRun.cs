using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace HpoServerless.Contracts.Panda;

/// <summary>A job's command as a process of this machine, in a folder like a worker node's.</summary>
internal sealed partial class PandaDoubleRun
{
    private readonly Process _process;

    private PandaDoubleRun(Process process) => _process = process;

    /// <summary>Starts a job: the transformation's part (fetch and unpack the sandbox, decode the command) and then the command.</summary>
    /// <exception cref="InvalidDataException">The transformation would fail.</exception>
    public static PandaDoubleRun Start(PandaDoubleTask task, string folder, IReadOnlyDictionary<string, byte[]> cache)
    {
        string line = task.JobParameters;
        string name = Sandbox().Match(line) is { Success: true } archive ? archive.Groups["name"].Value : throw new InvalidDataException("the job parameters name no sandbox");
        if (!line.Contains("--sourceURL ${SURL}", StringComparison.Ordinal) || string.IsNullOrEmpty((string?)task.Parameters["sourceURL"]))
        {
            throw new InvalidDataException("nothing says where the sandbox is");
        }

        byte[] packed = cache.TryGetValue(name, out byte[]? known) ? known : throw new InvalidDataException($"the sandbox {name} cannot be fetched");
        string command = Command().Match(line) is { Success: true } encoded ? Uri.UnescapeDataString(encoded.Groups["text"].Value) : throw new InvalidDataException("the job parameters have no command");
        Directory.CreateDirectory(folder);
        using (GZipStream tar = new(new MemoryStream(packed, writable: false), CompressionMode.Decompress))
        {
            TarFile.ExtractToDirectory(tar, folder, overwriteFiles: false);
        }

        ProcessStartInfo start = new("/bin/sh") { WorkingDirectory = folder, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec setsid /bin/sh -c \"$0\" >payload.stdout 2>payload.stderr");
        start.ArgumentList.Add(command);
        string? path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = folder;
        start.Environment["PANDAID"] = Path.GetFileName(folder);
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return new(process);
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code; 128 and the number of the signal where one ended it.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    [GeneratedRegex("(^| )-a (?<name>[^ ]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sandbox();

    [GeneratedRegex("-p \"(?<text>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();
}
