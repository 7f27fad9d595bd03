using HpoServerless.Adapters.Executors.Aws;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Contracts.Aws;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Aws;

/// <summary>When instances are started and stopped, and what becomes of segments where EC2 refuses.</summary>
public sealed class AwsExecutorTests : IAsyncLifetime
{
    private const string Scripts = "scripts/local.zip";

    private const string Text = """
        import time


        def hello(config, reporter):
            reporter(loss=1.0)


        def endless(config, reporter):
            while True:
                reporter(loss=1.0)
                time.sleep(0.02)
        """;

    private readonly RecordedEvents _events = new();
    private readonly MemoryArtifacts _artifacts = new MemoryArtifacts().WithScripts(Scripts, ("local.py", Text));
    private AwsSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await AwsSite.CreateAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stopped_instance_is_started_and_stopped_where_that_is_wanted(bool stops)
    {
        _site.Ec2.SessionToken = "token of a session";
        AwsExecutor executor = Start(options => options with { StopAfter = stops });
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(executor, Work("hello"))).Status);
        Assert.Equal("running", _site.Instance.State);
        Assert.Equal(
            stops ? ["StartInstances ?", "StopInstances ?", "StartInstances "] : ["StartInstances ?", "StartInstances "],
            _site.Ec2.Calls.Where(call => !call.StartsWith("Describe", StringComparison.Ordinal)).Select(call => call.Replace(AwsSite.Id, string.Empty, StringComparison.Ordinal)));

        await executor.FinishAsync("local", default);
        Assert.Equal(stops ? "stopping" : "running", _site.Instance.State);
        Assert.Equal(stops, _site.Ec2.Calls.Contains($"StopInstances {AwsSite.Id}"));
    }

    [Fact]
    public async Task What_another_experiment_uses_is_not_stopped()
    {
        AwsExecutor executor = Start(options => options with { StopAfter = true });
        SegmentWork other = Work("endless");
        other = other with { Segment = other.Segment with { Experiment = "other" } };
        string handle = await executor.StartAsync(other, default);
        await _events.FirstReportOf(other.Segment);
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(executor, Work("hello"))).Status);
        await executor.FinishAsync("local", default);
        Assert.Equal("running", _site.Instance.State);

        await executor.ForgetAsync(other.Segment, handle, default);
        await executor.FinishAsync("other", default);
        Assert.NotEqual("running", _site.Instance.State);
    }

    [Fact]
    public async Task What_a_host_before_this_one_started_is_stopped_too()
    {
        AwsOptions options = _site.Options() with { StopAfter = true };
        await using (AwsExecutor first = Start(_ => options))
        {
            await RunAsync(first, Work("hello"));
        }

        AwsExecutor second = Start(_ => options);
        await second.FinishAsync("local", default);
        Assert.Equal("stopping", _site.Instance.State);
        await second.FinishAsync("local", default);
        Assert.Single(_site.Ec2.Calls, $"StopInstances {AwsSite.Id}");
    }

    [Fact]
    public async Task An_instance_that_stops_just_now_is_waited_for_and_started_again()
    {
        AwsExecutor executor = Start(options => options with { StopAfter = true });
        await RunAsync(executor, Work("hello"));
        await executor.FinishAsync("local", default);
        Assert.Equal("stopping", _site.Instance.State);
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Start(), Work("hello", trial: 2))).Status);
        Assert.Equal("running", _site.Instance.State);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again()
    {
        _site.Ec2.Refusals.Enqueue(new(503, "RequestLimitExceeded", "Request limit exceeded."));
        _site.Ec2.Refusals.Enqueue(new(500, "InternalError", "An internal error has occurred"));
        _site.Ec2.Refusals.Enqueue(new(503, "RequestLimitExceeded", "Request limit exceeded."));
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Start(), Work("hello"))).Status);
    }

    [Fact]
    public async Task A_start_in_the_wrong_moment_is_tried_again()
    {
        AwsExecutor executor = Start();
        await RunAsync(executor, Work("hello"));
        Ec2Refusal wrong = new(400, "IncorrectInstanceState", "The instance is not in a state from which it can be started.");
        using Ec2Client client = new(_site.Options(), _ => Task.FromResult(new AwsKeys(Ec2Double.KeyId, Ec2Double.Secret, null)), TimeProvider.System);
        await client.StopAsync(AwsSite.Id, dryRun: false, default);
        await Eventually.HoldsAsync(() => _site.Instance.State == "stopped", "the instance never stops");
        _site.Ec2.Wrong["StartInstances"] = wrong;
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Start(), Work("hello", trial: 2))).Status);
        Assert.Empty(_site.Ec2.Wrong);
    }

    [Theory]
    [InlineData("StartInstances", "ec2:StartInstances")]
    [InlineData("StopInstances", "ec2:StopInstances")]
    [InlineData("DescribeInstances", "ec2:DescribeInstances")]
    public async Task Keys_that_may_not_do_it_start_nothing(string action, string words)
    {
        _site.Ec2.Forbidden[action] = true;
        SegmentOutcome outcome = await RunAsync(Start(options => options with { StopAfter = true }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain($"StartInstances {AwsSite.Id}", _site.Ec2.Calls);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_and_not_shown()
    {
        SegmentOutcome outcome = await RunAsync(_site.Start(_events, _artifacts, secret: "wrong-secret"), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("the keys of AWS are refused", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_site.Ec2.Calls);
    }

    [Theory]
    [InlineData("terminated", "it is terminated")]
    [InlineData("pending", "it is still pending after 0.5 s")]
    [InlineData("stopping", "it is still stopping after 0.5 s")]
    public async Task An_instance_that_does_not_come_loses_the_segment(string state, string words)
    {
        _site.Instance.State = state;
        SegmentOutcome outcome = await RunAsync(Start(options => options with { StartTimeout = TimeSpan.FromSeconds(0.5) }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_on_which_nothing_answers_loses_the_segment()
    {
        _site.Instance.State = "running"; // but it was never booted
        SegmentOutcome outcome = await RunAsync(Start(options => options with { StartTimeout = TimeSpan.FromSeconds(0.5) }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("nothing answers at port", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_that_does_not_exist_loses_the_segment()
    {
        SegmentOutcome outcome = await RunAsync(
            Start(options => options with { Ssh = options.Ssh with { Nodes = [options.Ssh.Nodes[0] with { Host = "i-00000000" }] } }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains($"there is no such instance in {Ec2Double.Region}", outcome.Error, StringComparison.Ordinal);
    }

    private AwsExecutor Start(Func<AwsOptions, AwsOptions>? change = null) => _site.Start(_events, _artifacts, change);

    private static SegmentWork Work(string model, int trial = 1)
    {
        SegmentWork work = ProcessExecutorFixture.Python(model, trial);
        return work with { Definition = work.Definition with { Program = work.Definition.Program with { Scripts = Scripts, Script = "local.py" } } };
    }

    private async Task<SegmentOutcome> RunAsync(AwsExecutor executor, SegmentWork work)
    {
        string handle = await executor.StartAsync(work, default);
        await _events.EndOf(work.Segment);
        return (await executor.PollAsync(work.Segment, handle, default))!;
    }
}
