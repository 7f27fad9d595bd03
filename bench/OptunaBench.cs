using System.Diagnostics;
using System.Text.Json;

namespace HpoServerless.Bench;

/// <summary>The same measured on Optuna, in the same run on the same machine, where it is installed.</summary>
internal static class OptunaBench
{
    public static async Task<IReadOnlyList<BenchResult>> RunAsync()
    {
        foreach (string python in (string[])["/usr/bin/python3", "python3"])
        {
            if (await RunAsync(python) is { } line)
            {
                JsonElement result = JsonDocument.Parse(line).RootElement;
                return [new($"Optuna {result.GetProperty("optuna")}, 8 processes, JournalStorage, random", result.GetProperty("trials_per_s").GetDouble(), "trials/s")];
            }
        }

        return [];
    }

    private static async Task<string?> RunAsync(string python)
    {
        ProcessStartInfo start = new(python, [Path.Combine(AppContext.BaseDirectory, "optuna_journal.py"), "8", "10"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            await errors;
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no such interpreter
        }
    }
}
