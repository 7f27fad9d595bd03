using System.Diagnostics;
using System.Text.Json;
using HpoServerless.Contracts.Search;

namespace HpoServerless.Engine.Tests.Search;

/// <summary>The same seed gives the same suggestions in another process, where hash codes of strings are others.</summary>
public sealed class AnotherProcessTests
{
    private const string Variable = "HPO_TRANSCRIPTS";

    [Fact]
    public async Task Every_searcher_suggests_the_same_in_another_process()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } file)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(Transcripts()), TestContext.Current.CancellationToken);
            return;
        }

        string path = Path.GetTempFileName();
        try
        {
            await RunThisTestElsewhere(path);
            Dictionary<string, string> theirs = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;

            Assert.Equal(Transcripts(), theirs);
            Assert.NotEmpty(theirs);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Dictionary<string, string> Transcripts() => typeof(AnotherProcessTests).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(SearcherContract)) && !type.IsAbstract)
        .ToDictionary(type => type.Name, type => ((SearcherContract)Activator.CreateInstance(type)!).Transcript());

    private static async Task RunThisTestElsewhere(string path)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        using Process process = Process.Start(new ProcessStartInfo("dotnet",
        [
            typeof(AnotherProcessTests).Assembly.Location, "-noLogo", "-noColor", "-method", $"{typeof(AnotherProcessTests).FullName}.{nameof(Every_searcher_suggests_the_same_in_another_process)}",
        ])
        {
            Environment = { [Variable] = path },
            RedirectStandardOutput = true,
        })!;
        string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, output);
    }
}
