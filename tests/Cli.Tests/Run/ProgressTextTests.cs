using HpoServerless.Cli.Commands.Run;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Tests.Run;

public sealed class ProgressTextTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Line_says_how_far_how_good_how_fast_and_how_long_still()
    {
        Pace pace = new(_time, limit: null);
        ProgressText.Line(View(new(Running: 3)), pace);
        _time.Advance(TimeSpan.FromSeconds(10));

        string line = ProgressText.Line(View(new(Running: 3, Completed: 40, Failed: 8, Stopped: 2), best: new(7, -1.5, Configuration.Empty)), pace);

        Assert.Equal("50/200 trials  3 running  8 failed  best loss -1.5 (trial 7)  5.0 trials/s  30 s left", line);
    }

    [Fact]
    public void Line_counts_from_where_it_began_to_look()
    {
        Pace pace = new(_time, limit: null);
        ProgressText.Line(View(new(Completed: 100)), pace);
        _time.Advance(TimeSpan.FromSeconds(10));

        string line = ProgressText.Line(View(new(Completed: 150)), pace);

        Assert.EndsWith("5.0 trials/s  10 s left", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_limit_shortens_what_is_left()
    {
        Pace pace = new(_time, limit: TimeSpan.FromSeconds(15));
        ProgressText.Line(View(new(Running: 3)), pace);
        _time.Advance(TimeSpan.FromSeconds(10));

        string line = ProgressText.Line(View(new(Completed: 50)), pace);

        Assert.EndsWith("  5 s left", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7.2, "8 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(-1, "0 s")]
    public void Duration_is_for_people(double seconds, string text) => Assert.Equal(text, ProgressText.Duration(TimeSpan.FromSeconds(seconds)));

    private static ExperimentView View(TrialCounts trials, BestTrial? best = null) => new()
    {
        Id = "one",
        Project = "small",
        Status = ExperimentStatus.Running,
        Metric = "loss",
        Mode = OptimizationMode.Min,
        Trials = trials,
        Best = best,
        NumTrials = 200,
        MaxConcurrent = 3,
        Seed = 1,
        Algorithm = "random",
        Scheduler = "none",
        Site = "local",
        Turn = 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
    };
}
