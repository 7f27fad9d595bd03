using System.Diagnostics;
using System.Text.Json;

namespace HpoServerless.Bench;

/// <summary>Runs one benchmark in a process of its own, so that the memory and the compiled code of one are not those of another.</summary>
internal static class OwnProcess
{
    /// <param name="arguments">What it is given besides <c>--json</c>.</param>
    /// <returns>What it printed.</returns>
    public static async Task<T> RunAsync<T>(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(OwnProcess).Assembly.Location, .. arguments, "--json"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<T>(output, JsonSerializerOptions.Web)!
            : throw new InvalidOperationException($"{string.Join(' ', arguments)} failed with exit code {process.ExitCode}");
    }
}
