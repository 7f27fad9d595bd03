using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Processes.ProcessExecutorFixture;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class WorkerFailureTests : IAsyncDisposable
{
    private const string Ready = """{"ev":"ready","pid":1,"python":"3.9.0","protocol":1}""";

    private readonly ProcessExecutorFixture _fixture = new(("local.py", "def f(config, reporter):\n    reporter(loss=1)\n"));

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public Task A_missing_interpreter_fails_the_trial_and_says_what_to_do() => FailsAsync("/no/such/python3", "/no/such/python3", "set HPO_PYTHON");

    [Fact]
    public Task An_interpreter_that_ends_is_quoted() =>
        FailsAsync(Interpreter("echo 'No module named asyncio' >&2; exit 5"), "exit code 5", "No module named asyncio", "set HPO_PYTHON");

    [Fact]
    public Task An_interpreter_that_hangs_is_given_up() => FailsAsync(
        _fixture.Start(options => options with { Python = Interpreter("exec sleep 600"), WorkerStartTimeout = TimeSpan.FromSeconds(0.3) }),
        "was not ready within 0.3 s");

    [Fact]
    public Task Another_protocol_is_refused() => FailsAsync(Interpreter($"echo '{Ready.Replace(":1}", ":9}", StringComparison.Ordinal)}'; read line"), "protocol 9");

    [Fact]
    public Task A_worker_that_breaks_the_protocol_is_ended() =>
        FailsAsync(Interpreter($"echo 'a banner'; echo '{Ready}'; read line; echo '{{\"ev\":\"song\"}}'; exec sleep 600"), "protocol error", "song");

    [Fact]
    public Task An_end_of_another_run_breaks_the_protocol() => FailsAsync(
        Interpreter($$"""echo '{{Ready}}'; read line; echo '{"ev":"end","trial":99,"status":"completed","reports":[],"reusable":true}'; exec sleep 600"""),
        "protocol error");

    [Fact]
    public async Task A_missing_harness_is_named()
    {
        string folder = _fixture.Folder;
        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(options => options with { HarnessPath = folder }), Python("f"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains($"hpo_trial is not in {folder}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_archive_fails_the_trial_and_names_the_entry()
    {
        _fixture.Artifacts.WithScripts("scripts/local.zip", ("../escape.py", "x"));
        SegmentOutcome outcome = await _fixture.RunAsync(_fixture.Start(), Python("f"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains("../escape.py", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_fixture.Folder, "scripts")));
    }

    [Fact]
    public async Task Scripts_are_unpacked_once_by_two_hosts_at_the_same_time()
    {
        ProcessExecutor first = _fixture.Start();
        ProcessExecutor second = _fixture.Start();
        SegmentWork other = Python("f") with { Segment = new("other", 1, 0) };
        await Task.WhenAll(first.StartAsync(Python("f"), default), second.StartAsync(other, default));
        await _fixture.Events.EndOf(other.Segment);
        await Eventually.HoldsAsync(async () => await first.PollAsync(Python("f").Segment, string.Empty, default) is not null, "the trial never ends");
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.Combine(_fixture.Folder, "scripts")));
    }

    [Fact]
    public async Task What_the_infrastructure_lost_can_be_started_again()
    {
        string blocked = Path.Combine(_fixture.Folder, "experiments");
        await File.WriteAllTextAsync(blocked, "a file where a folder should be");
        ProcessExecutor executor = _fixture.Start();
        SegmentWork work = Python("f");
        Assert.Equal(SegmentStatus.Lost, (await _fixture.RunAsync(executor, work)).Status);
        File.Delete(blocked);
        string handle = await executor.StartAsync(work with { Attempt = 1 }, default);
        await Eventually.HoldsAsync(async () => await executor.PollAsync(work.Segment, handle, default) is not null, "the trial never ends");
        Assert.Equal(SegmentStatus.Completed, (await executor.PollAsync(work.Segment, handle, default))!.Status);
    }

    [Fact]
    public void Faults_of_options_are_listed_all_at_once()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => _fixture.Start(options => options with { MaxWorkers = 0, WorkFolder = "", StopGrace = TimeSpan.FromSeconds(-1) }));
        Assert.Equal(["WorkFolder", "MaxWorkers", "StopGrace"], error.Faults.Select(fault => fault.Path));
    }

    private Task FailsAsync(string python, params string[] parts) => FailsAsync(_fixture.Start(options => options with { Python = python }), parts);

    private async Task FailsAsync(ProcessExecutor executor, params string[] parts)
    {
        SegmentOutcome outcome = await _fixture.RunAsync(executor, Python("f"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.All(parts, part => Assert.Contains(part, outcome.Error, StringComparison.Ordinal));
    }

    private string Interpreter(string body)
    {
        string path = Path.Combine(_fixture.Folder, "python.sh");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
