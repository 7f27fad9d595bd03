using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;

namespace HpoServerless.Adapters.Executors.Machine;

/// <summary>Finds the graphics cards of this machine.</summary>
internal static class GraphicsCards
{
    /// <summary>The variable that says which cards a process may use.</summary>
    public const string Variable = "CUDA_VISIBLE_DEVICES";

    private const string Tool = "nvidia-smi";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The cards that this process may use, as <see cref="Variable"/> says; all that the driver's tool knows where it says nothing.</summary>
    public static ImmutableArray<string> Find() => Environment.GetEnvironmentVariable(Variable) is { } allowed ? Split(allowed) : Ask(Tool);

    /// <summary>The ids in a text such as <c>0, 1,3</c>.</summary>
    public static ImmutableArray<string> Split(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>Asks a program of the form of nvidia-smi.</summary>
    /// <returns>The ids; empty where there is no such program, or it fails.</returns>
    internal static ImmutableArray<string> Ask(string tool)
    {
        ProcessStartInfo start = new(tool, ["--query-gpu=index", "--format=csv,noheader"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            using Process process = Process.Start(start)!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            Task<string> said = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return [];
            }

            return process.ExitCode == 0 ? [.. said.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] : [];
        }
        catch (Win32Exception)
        {
            return [];
        }
    }
}
