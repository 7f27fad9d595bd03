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
        AupJob job = new(["sh", "-c", "echo x >> starts; [ $(wc -l < starts) -ge 4 ] || exit 3"], _folder, null) { Retries = retries };
        Assert.Equal(code, (await RunAsync(job)).Code);
        Assert.Equal(starts, (await File.ReadAllLinesAsync(Path.Combine(_folder, "starts"))).Length);
    }

    [Fact]
    public async Task A_missing_directory_ends_it()
    {
        AupJob job = new(["true"], Path.Combine(_folder, "nowhere"), null);
        Assert.Equal(1, (await RunAsync(job)).Code);
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(AupJob job)
    {
        string script = Path.Combine(_folder, AupJob.FileName);
        await File.WriteAllTextAsync(script, job.ShellScript());
        using Process process = Process.Start(new ProcessStartInfo("sh", [script]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
