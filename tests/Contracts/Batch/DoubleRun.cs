using System.Diagnostics;

namespace HpoServerless.Contracts.Batch;

/// <summary>A task's command line as a process of this machine, in a folder like a node's.</summary>
internal sealed class DoubleRun
{
    private readonly Process _process;

    private DoubleRun(Process process) => _process = process;

    /// <summary>Starts a task.</summary>
    /// <param name="job">Its job.</param>
    /// <param name="task">The task.</param>
    /// <param name="folder">Its folder; what an earlier run left is removed.</param>
    /// <param name="blobs">What can be fetched.</param>
    /// <exception cref="FileNotFoundException">A resource file cannot be fetched.</exception>
    public static DoubleRun Start(DoubleJob job, DoubleTask task, string folder, IReadOnlyDictionary<string, byte[]> blobs)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        string work = Path.Combine(folder, "wd");
        Directory.CreateDirectory(work);
        foreach ((string url, string path, bool _) in task.ResourceFiles)
        {
            byte[] content = blobs.TryGetValue(url, out byte[]? known) ? known : throw new FileNotFoundException($"the blob {url} does not exist");
            File.WriteAllBytes(Path.Combine(work, path), content);
        }

        ProcessStartInfo start = new("/bin/sh") { WorkingDirectory = work, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec setsid \"$0\" \"$@\" >../stdout.txt 2>../stderr.txt");
        foreach (string word in Split(task.CommandLine))
        {
            start.ArgumentList.Add(word);
        }

        string? path0 = System.Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path0;
        start.Environment["AZ_BATCH_JOB_ID"] = job.Id;
        start.Environment["AZ_BATCH_TASK_ID"] = task.Id;
        start.Environment["AZ_BATCH_POOL_ID"] = job.Pool;
        start.Environment["AZ_BATCH_NODE_ID"] = "double-node";
        start.Environment["AZ_BATCH_TASK_DIR"] = folder;
        start.Environment["AZ_BATCH_TASK_WORKING_DIR"] = work;
        foreach ((string name, string value) in task.Environment)
        {
            start.Environment[name] = value;
        }

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

    /// <summary>The words of a command line: blanks part them, quotes keep them together.</summary>
    private static IEnumerable<string> Split(string line)
    {
        System.Text.StringBuilder word = new();
        char quote = '\0';
        bool any = false;
        foreach (char letter in line)
        {
            if (letter == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && letter is '\'' or '"' && !any)
            {
                (quote, any) = (letter, true);
            }
            else if (quote == '\0' && letter == ' ')
            {
                if (any)
                {
                    yield return word.ToString();
                }

                word.Clear();
                any = false;
            }
            else
            {
                word.Append(letter);
                any = true;
            }
        }

        if (any)
        {
            yield return word.ToString();
        }
    }
}
