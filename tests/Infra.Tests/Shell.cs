using System.Diagnostics;

namespace HpoServerless.Infra.Tests;

/// <summary>Runs programs.</summary>
internal static class Shell
{
    /// <summary>Python, as the tests of the harness choose it.</summary>
    public static string Python { get; } = Environment.GetEnvironmentVariable("HPO_PYTHON") is { Length: > 0 } named ? named : "python3";

    /// <returns>Exit code, output and error output.</returns>
    public static (int Code, string Output, string Error) Run(string program, IEnumerable<string> arguments, string folder, params IEnumerable<(string Name, string Value)> variables)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
