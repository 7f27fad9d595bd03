using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>The program as it was built, in a process of its own.</summary>
internal sealed class HpoProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly TaskCompletionSource<string?> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HpoProcess(ProcessStartInfo start)
    {
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            _firstLine.TrySetResult(line.Data);
            Keep(_output, line.Data);
        };
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the program in a folder.</summary>
    public static HpoProcess Start(string folder, params string[] args) => Start(folder, [], args);

    /// <summary>Starts the program in a folder, with more environment variables.</summary>
    public static HpoProcess Start(string folder, (string Name, string Value)[] environment, string[] args)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "hpo.dll"), .. args])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("HPO_", StringComparison.Ordinal) && k != "HPO_PYTHON").ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new(start);
    }

    /// <summary>Runs the program to its end.</summary>
    public static async Task<HpoEnd> RunAsync(string folder, params string[] args)
    {
        await using HpoProcess process = Start(folder, args);
        return await process.EndAsync();
    }

    /// <summary>Runs the program to its end, which must be a success.</summary>
    public static async Task<HpoEnd> SucceedAsync(string folder, params string[] args)
    {
        HpoEnd end = await RunAsync(folder, args);
        Assert.True(end.Code == 0, $"hpo {string.Join(' ', args)} ended with {end.Code}: {end.Error}{end.Output}");
        return end;
    }

    /// <summary>The first line of its output; null where it ended without one.</summary>
    public Task<string?> FirstLineAsync() => _firstLine.Task;

    /// <summary>Waits for its end.</summary>
    public async Task<HpoEnd> EndAsync()
    {
        await _process.WaitForExitAsync();
        return new(_process.ExitCode, string.Join('\n', _output), string.Join('\n', _errors));
    }

    /// <summary>As <c>kill -9</c>: this process and no other.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return EndAsync();
    }

    /// <summary>As Ctrl-C.</summary>
    public Task InterruptAsync() => SignalAsync("-INT");

    /// <summary>As a service manager that ends it.</summary>
    public Task TerminateAsync() => SignalAsync("-TERM");

    private async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}

/// <summary>How the program ended, and what it printed.</summary>
internal sealed record HpoEnd(int Code, string Output, string Error);
