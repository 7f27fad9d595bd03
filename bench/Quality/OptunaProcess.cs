using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Bench.Quality;

/// <summary>A Python process that answers requests in <c>optuna_quality.py</c>'s language.</summary>
internal sealed class OptunaProcess : IDisposable
{
    private readonly Process _process;

    public OptunaProcess(string python) =>
        _process = Process.Start(new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "optuna_quality.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    /// <exception cref="InvalidOperationException">The process ended instead; its complaint is on standard error.</exception>
    public JsonElement Ask(JsonNode request)
    {
        _process.StandardInput.WriteLine(request.ToJsonString());
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() is { } answer
            ? JsonSerializer.Deserialize<JsonElement>(answer)
            : throw new InvalidOperationException("the Python process ended without an answer");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>Python processes that have Optuna loaded, one a thread that needs one.</summary>
internal sealed class OptunaPool : IDisposable
{
    private readonly ConcurrentBag<OptunaProcess> _idle = [];
    private readonly string _python;

    private OptunaPool(string python, string version) => (_python, Version) = (python, version);

    /// <summary>Of the package.</summary>
    public string Version { get; }

    /// <returns>Null where no Python here has Optuna.</returns>
    public static OptunaPool? Find()
    {
        foreach (string python in (string[])["/usr/bin/python3", "python3"])
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo(python, ["-c", "import optuna; print(optuna.__version__)"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
                Task<string> errors = process.StandardError.ReadToEndAsync();
                string version = process.StandardOutput.ReadToEnd().Trim();
                errors.Wait();
                process.WaitForExit();
                if (process.ExitCode == 0)
                {
                    return new(python, version);
                }
            }
            catch (Win32Exception)
            {
                // no such interpreter
            }
        }

        return null;
    }

    public OptunaProcess Rent() => _idle.TryTake(out OptunaProcess? process) ? process : new(_python);

    public void Return(OptunaProcess process) => _idle.Add(process);

    public void Dispose()
    {
        foreach (OptunaProcess process in _idle)
        {
            process.Dispose();
        }
    }
}
