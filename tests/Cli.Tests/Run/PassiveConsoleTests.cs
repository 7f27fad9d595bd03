using System.Text.Json;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>A person at the console of a run evaluates the trials.</summary>
public sealed class PassiveConsoleTests : IDisposable
{
    private readonly CliRunner _hpo = new() { IsInputTerminal = true };

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Trials_are_asked_until_a_number_or_a_failure_is_said()
    {
        Write();
        _hpo.Input = new StringReader("good\n\n4.5\nfailed: too hot\n1e-1\n");

        CliResult result = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");

        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("""{"completed":2,"failed":1,"stopped":0,"total":3}""", json.GetProperty("trials").GetRawText());
        Assert.Equal(0.1, json.GetProperty("best").GetProperty("value").GetDouble());
        Assert.Contains("\"good\" is no number", result.Error, StringComparison.Ordinal);
        Assert.Contains("trial 2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_it_goes_on_with_the_trial_that_was_asked()
    {
        Write();
        using CancellationTokenSource interrupt = new();
        _hpo.Input = new InterruptedReader("7\n", interrupt);
        CliResult first = await _hpo.RunAsync(interrupt.Token, "local_run", SmallProject.Name);
        Assert.Equal(130, first.Code);
        string id = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(_hpo.Folder, "hpo-data", "experiments"))));

        _hpo.Input = new StringReader("2\n3\n");
        CliResult second = await _hpo.SucceedAsync("local_run", "--resume", id, "--json");

        JsonElement json = JsonDocument.Parse(second.Output).RootElement;
        Assert.Equal("""{"completed":3,"failed":0,"stopped":0,"total":3}""", json.GetProperty("trials").GetRawText());
        Assert.Equal(2, json.GetProperty("best").GetProperty("value").GetDouble());
    }

    private void Write()
    {
        _hpo.Write("hpo-data/sites.json", """{"desk": {"type": "passive"}}""");
        SmallProject.Write(_hpo, trials: 3, more: ", \"sites\": [\"desk\"]");
    }

    /// <summary>A person who presses Ctrl-C in place of the next line.</summary>
    private sealed class InterruptedReader(string text, CancellationTokenSource interrupt) : StringReader(text)
    {
        public override string? ReadLine()
        {
            if (base.ReadLine() is { } line)
            {
                return line;
            }

            interrupt.Cancel();
            return null;
        }
    }
}
