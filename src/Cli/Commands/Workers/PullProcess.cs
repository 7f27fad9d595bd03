using System.ComponentModel;
using System.Diagnostics;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Workers;

/// <summary>The worker itself: <c>python3 -m hpo_trial pull</c>, which hears of everything, the key included, on its standard input and ends with this process.</summary>
/// <param name="context">The world around.</param>
internal sealed class PullProcess(CliContext context)
{
    /// <summary>Runs a worker to its end.</summary>
    /// <param name="settings">Its settings, one line of JSON.</param>
    /// <param name="cancellation">Has it take nothing new and end when what it runs has ended.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="InvalidInputException">There is no Python.</exception>
    public async Task<int> RunAsync(string settings, CancellationToken cancellation)
    {
        using Process process = Start();
        StreamWriter input = process.StandardInput;
        await input.WriteLineAsync(settings);
        await input.FlushAsync(CancellationToken.None);
        Task printed = Task.WhenAll(CopyAsync(process.StandardOutput, context.Output), CopyAsync(process.StandardError, context.Error));
        context.LetEndTakeLong();
        await using (cancellation.Register(() => Drain(input)))
        {
            await process.WaitForExitAsync(CancellationToken.None);
        }

        await printed;
        return process.ExitCode;
    }

    private static async Task CopyAsync(StreamReader from, TextWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to)
            {
                to.WriteLine(line);
                to.Flush();
            }
        }
    }

    private static void Drain(StreamWriter input)
    {
        try
        {
            input.WriteLine("drain");
            input.Flush();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
        }
    }

    private Process Start()
    {
        string python = context.Variable("HPO_PYTHON") is { Length: > 0 } named ? named : "python3";
        string harness = Path.Combine(AppContext.BaseDirectory, "python");
        ProcessStartInfo start = new(python, ["-m", "hpo_trial", "pull", "--stdin"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = context.CurrentDirectory,
        };
        foreach (string secret in start.Environment.Keys.Where(name => name.StartsWith("HPO_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(secret);
        }

        start.Environment["PYTHONPATH"] = context.Variable("PYTHONPATH") is { Length: > 0 } inherited ? harness + Path.PathSeparator + inherited : harness;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new InvalidInputException(new Fault("HPO_PYTHON", python, $"does not start ({error.Message}): set it to a Python 3.9 or newer, or install one"));
        }
    }
}
