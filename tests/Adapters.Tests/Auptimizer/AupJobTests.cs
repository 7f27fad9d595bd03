using System.Collections.Immutable;
using System.Diagnostics;
using HpoServerless.Adapters.Auptimizer;

namespace HpoServerless.Adapters.Tests.Auptimizer;

public sealed class AupJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-aup-job-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_runs_in_its_directory_between_prescript_and_postscript()
    {
        AupJob job = new(["sh", "-c", "echo \"$MODE $EXTRA $1 $(pwd)\"", "it's", "a b"], _folder, null)
        {
            Prescript = "export EXTRA=more",
            Postscript = "echo done",
            Env = ImmutableSortedDictionary<string, string>.Empty.Add("MODE", "it's"),
        };
        (int code, string output, string errors) = await RunAsync(job);
        Assert.Equal((0, string.Empty), (code, output));
        Assert.Equal($"it's more a b {_folder}\ndone\n", errors);
    }

    [Theory]
    [InlineData(0, 3, 1)]
    [InlineData(2, 3, 3)]
    [InlineData(3, 0, 4)]
    [InlineData(9, 0, 4)]
    public async Task A_job_that_fails_is_started_again(int retries, int code, int starts)
    {
        AupJob job = new(["sh", "-c", "echo x >> starts; [ $(wc -l < starts) -ge 4 ] || exit 3; echo '#Auptimizer:1'"], _folder, null) { Retries = retries };
        Assert.Equal(code, (await RunAsync(job)).Code);
        Assert.Equal(starts, (await File.ReadAllLinesAsync(Path.Combine(_folder, "starts"))).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_score_of_a_start_that_failed_does_not_count_for_the_next(bool passed)
    {
        AupJob job = new(["sh", "-c", "[ -f seen ] && exit 0; touch seen; echo '#Auptimizer:9999'; exit 4"], _folder, null) { Retries = 1, PassesResultsOn = passed };
        (int code, _, string errors) = await RunAsync(job);
        Assert.Equal(1, code);
        Assert.Equal(passed ? ["#Auptimizer:9999"] : [], Results(errors));
    }

    [Fact]
    public async Task A_start_without_a_result_is_a_failure_and_the_last_one_counts()
    {
        AupJob job = new(["sh", "-c", "echo x >> starts; n=$(wc -l < starts); echo log >&2; [ $n -gt 1 ] && echo \"#Auptimizer:$n\"; [ $n -ne 2 ]"], _folder, null) { Retries = 5 };
        (int code, _, string errors) = await RunAsync(job);
        Assert.Equal(0, code);
        Assert.Equal(3, (await File.ReadAllLinesAsync(Path.Combine(_folder, "starts"))).Length);
        Assert.Equal(["#Auptimizer:3"], Results(errors));
        Assert.Equal(3, errors.Split('\n').Count(line => line == "log"));
    }

    [Theory]
    [InlineData("exit 0", 3)]
    [InlineData("exit 7", 0)]
    [InlineData("exit 7", 5)]
    [InlineData("fi", 0)]
    public async Task A_postscript_does_not_decide_how_the_job_ended(string postscript, int code) =>
        Assert.Equal(code, (await RunAsync(new(["sh", "-c", $"exit {code}"], _folder, null) { Postscript = postscript })).Code);

    [Theory]
    [InlineData("exit 0", 1)]
    [InlineData("exit 7", 1)]
    [InlineData("set -e; export EXTRA=1", 3)]
    public async Task A_prescript_that_ends_the_shell_fails_the_job(string prescript, int code)
    {
        AupJob job = new(["sh", "-c", "exit 3"], _folder, null) { Prescript = prescript, Postscript = "touch after" };
        Assert.Equal(code, (await RunAsync(job)).Code);
        Assert.Equal(code == 3, File.Exists(Path.Combine(_folder, "after")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task What_stands_before_and_after_it_gives_no_results(int retries)
    {
        const string Says = "echo '#Auptimizer:9'; echo '#Auptimizer:8' >&2; echo plain";
        AupJob job = new(["sh", "-c", "echo '#Auptimizer:1'"], _folder, null) { Retries = retries, Prescript = Says, Postscript = Says };
        (int code, _, string errors) = await RunAsync(job);
        Assert.Equal((0, 2), (code, errors.Split('\n').Count(line => line == "plain")));
        Assert.Equal(["#Auptimizer:1"], Results(errors));
        Assert.Equal([AupJob.FileName], Directory.GetFiles(_folder).Select(Path.GetFileName));

        (_, _, errors) = await RunAsync(job with { Prescript = $"{Says}; exit 0" });
        Assert.Contains("plain", errors, StringComparison.Ordinal);
        Assert.Empty(Results(errors));
    }

    [Fact]
    public async Task A_missing_directory_ends_it()
    {
        AupJob job = new(["true"], Path.Combine(_folder, "nowhere"), null);
        Assert.Equal(1, (await RunAsync(job)).Code);
    }

    private static string[] Results(string errors) => [.. errors.Split('\n').Where(line => line.StartsWith("#Auptimizer:", StringComparison.Ordinal))];

    private async Task<(int Code, string Output, string Errors)> RunAsync(AupJob job)
    {
        string script = Path.Combine(_folder, AupJob.FileName);
        await File.WriteAllTextAsync(script, job.ShellScript());
        using Process process = Process.Start(new ProcessStartInfo("sh", [script, Path.Combine(_folder, "config.json")]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
