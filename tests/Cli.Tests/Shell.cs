using System.Diagnostics;

namespace HpoServerless.Cli.Tests;

/// <summary>Runs programs.</summary>
internal static class Shell
{
    public static async Task<CliResult> RunAsync(string program, IReadOnlyList<string> args, string folder, IReadOnlyDictionary<string, string>? variables = null)
    {
        ProcessStartInfo start = new(program, args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, await output, await error);
    }
}
