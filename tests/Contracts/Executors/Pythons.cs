using System.Diagnostics;

namespace HpoServerless.Contracts.Executors;

/// <summary>Finds interpreters.</summary>
public static class Pythons
{
    /// <summary>The first of the usual interpreters that has scikit-learn.</summary>
    public static async Task<string> WithScikitLearnAsync()
    {
        string?[] candidates = [Environment.GetEnvironmentVariable("HPO_PYTHON"), "python3", "/usr/bin/python3"];
        foreach (string candidate in candidates.OfType<string>().Where(name => name.Length > 0))
        {
            using Process? python = Process.Start(new ProcessStartInfo(candidate, ["-c", "import sklearn"]) { RedirectStandardError = true });
            await python!.WaitForExitAsync();
            if (python.ExitCode == 0)
            {
                return candidate;
            }
        }

        throw new InvalidOperationException($"none of {string.Join(", ", candidates.OfType<string>())} has scikit-learn: install it (Debian: apt-get install python3-sklearn)");
    }
}
