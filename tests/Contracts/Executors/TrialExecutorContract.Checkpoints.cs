using System.Collections.Immutable;
using System.Diagnostics;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Contracts.Executors;

/// <content>Checkpoints, pauses and budgets.</content>
public abstract partial class TrialExecutorContract
{
    [Fact]
    public async Task Paused_here_a_trial_resumes_elsewhere()
    {
        SegmentWork work = Work("Summing") with { Until = 3 };
        PauseAt(3);
        SegmentOutcome paused = await RunAsync(work);
        Assert.Equal(SegmentStatus.Paused, paused.Status);
        Checkpoint saved = Assert.Single(Events.CheckpointsOf(work.Segment));
        Assert.Equal(3, saved.Step);

        ITrialExecutor elsewhere = await CreateElsewhereAsync();
        SegmentWork next = Next(work, saved);
        SegmentOutcome ended = await RunAsync(elsewhere, next);

        Assert.Equal(SegmentStatus.Completed, ended.Status);
        Assert.Equal(
            Enumerable.Range(1, 6).Select(step => ((long)step, (double?)(10 - step))),
            AllReports(work, paused).Concat(AllReports(next, ended)).Select(r => (r.Step, r.Metrics["loss"])));
        Assert.Contains(Events.Restores, r => r.Segment == next.Segment && r.Step == 3 && r.Text.Contains("step 3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Told_to_pause_at_any_time_a_trial_saves_itself()
    {
        SegmentWork work = Work("obey");
        string handle = await Executor.StartAsync(work, default);
        await RunningAsync(work);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Pause, default);
        await Events.EndOf(work.Segment);
        Assert.Equal(SegmentStatus.Paused, (await Executor.PollAsync(work.Segment, handle, default))!.Status);
        Assert.Empty(Events.Checkpoints);

        work = Work("Endless", trial: 2);
        handle = await Executor.StartAsync(work, default);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Pause, default); // before its first report, or before it is there at all
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Paused, outcome.Status);
        ImmutableArray<Report> reports = AllReports(work, outcome);
        Assert.Equal(reports.IsEmpty ? [] : [reports[^1].Step], Events.CheckpointsOf(work.Segment).Select(c => c.Step));
    }

    [Fact]
    public async Task A_trial_that_does_not_save_in_time_is_paused_all_the_same()
    {
        SegmentWork work = Work("Hoarding") with { Until = 2 };
        Events.Answer = async (_, wait, cancellation) =>
        {
            await Task.Delay(wait ? Timeout.Infinite : 0, cancellation);
            return new(DirectiveAction.Continue);
        };
        string handle = await Executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Pause, default);
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Paused, outcome.Status);
        Assert.Contains("starts from the beginning", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal([1, 2], AllReports(work, outcome).Select(r => r.Step));
    }

    [Fact]
    public async Task A_trial_that_pauses_can_still_be_stopped()
    {
        Assert.SkipUnless(HearsWhileItRuns, "a program is not heard while it runs");
        SegmentWork work = Saving(Work("Summing"), every: 1);
        work = Configured(work, "hangs");
        string handle = await Executor.StartAsync(work, default);
        await Events.CheckpointOf(work.Segment, 3);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Pause, default);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        Assert.Contains((await Executor.PollAsync(work.Segment, handle, default))!.Status, new[] { SegmentStatus.Stopped, SegmentStatus.Paused });
    }

    [Fact]
    public async Task The_experiment_says_how_long_a_program_may_take_to_stop()
    {
        Assert.SkipUnless(HearsWhileItRuns, "a program is not heard while it runs");
        SegmentWork work = Work("refuse");
        work = With(work, work.Definition with { Limits = new() { StopGrace = TimeSpan.FromSeconds(0.2) } });
        string handle = await Executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await Executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
        Assert.Contains("0.2 s", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_are_stored_whole_and_told_in_order()
    {
        SegmentWork work = Saving(Work("Summing"), every: 2);
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([6, 4, 2], Events.CheckpointsOf(work.Segment).Select(c => c.Step));
        foreach (Checkpoint checkpoint in Events.CheckpointsOf(work.Segment))
        {
            ReadOnlyMemory<byte> content = (await Artifacts.FindAsync(checkpoint.Name, default))!.Value;
            Assert.Equal(checkpoint.Bytes, content.Length);
            Assert.Equal(checkpoint.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content.Span)));
            Assert.StartsWith(Checkpoint.FolderOf(work.Segment.Experiment), checkpoint.Name, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true, false, 3, "damaged")]
    [InlineData(false, false, 3, "missing")]
    [InlineData(true, true, 0, "beginning")]
    [InlineData(false, true, 0, "beginning")]
    public async Task What_is_damaged_or_missing_is_passed_over(bool damaged, bool all, long step, string word)
    {
        SegmentWork work = Saving(Work("Summing"), every: 1) with { Until = 4 };
        PauseAt(4);
        SegmentOutcome paused = await RunAsync(work);
        Assert.Equal(SegmentStatus.Paused, paused.Status);
        ImmutableArray<Checkpoint> known = Events.CheckpointsOf(work.Segment);
        Assert.Equal([4, 3, 2, 1], known.Select(c => c.Step));
        foreach (Checkpoint checkpoint in all ? known : [known[0]])
        {
            byte[] content = (await Artifacts.FindAsync(checkpoint.Name, default))!.Value.ToArray();
            content[^1] ^= 1;
            await (damaged ? Artifacts.PutAsync(checkpoint.Name, content, default) : Artifacts.DeleteAsync(checkpoint.Name, default));
        }

        SegmentWork next = Next(work, [.. known]);
        SegmentOutcome ended = await RunAsync(next);

        Assert.Equal(SegmentStatus.Completed, ended.Status);
        Assert.Equal(Enumerable.Range((int)step + 1, 6 - (int)step).Select(s => (double?)(10 - s)), AllReports(next, ended).Select(r => r.Metrics["loss"]));
        (SegmentId _, int attempt, long from, string text) = Assert.Single(Events.Restores);
        Assert.Equal((0, step), (attempt, from));
        Assert.Contains(word, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_that_saves_nothing_resumes_from_the_beginning()
    {
        SegmentWork work = Work("Forgetful") with { Until = 3 };
        PauseAt(3);
        Assert.Equal(SegmentStatus.Paused, (await RunAsync(work)).Status);
        Assert.Empty(Events.Checkpoints);
        SegmentWork next = Next(work);
        Assert.Equal([1, 2, 3, 4, 5, 6], AllReports(next, await RunAsync(next)).Select(r => r.Step));
        Assert.Equal(0, Assert.Single(Events.Restores).Step);
    }

    [Fact]
    public async Task When_its_worker_is_killed_the_next_attempt_goes_on_from_the_last_checkpoint()
    {
        Assert.SkipUnless(HearsWhileItRuns, "a program is not heard while it runs");
        SegmentWork work = Configured(Saving(Work("Summing"), every: 1), "hangs");
        string handle = await Executor.StartAsync(work, default);
        await Events.CheckpointOf(work.Segment, 3); // from here on it hangs in its fourth step
        using (Process worker = Process.GetProcessById((int)Events.ReportsOf(work.Segment)[0].Metrics["pid"]!.Value))
        {
            worker.Kill();
        }

        await Events.EndOf(work.Segment);
        SegmentOutcome lost = (await Executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Lost, 1), (lost.Status, lost.Attempts));
        Assert.Contains("SIGKILL", lost.Error, StringComparison.Ordinal);

        handle = await Executor.StartAsync(work with { Attempt = 1, Checkpoints = Events.CheckpointsOf(work.Segment) }, default);
        SegmentOutcome? again = null;
        for (int poll = 0; again is null && poll < 3000; poll++)
        {
            await Task.Delay(10);
            again = await Executor.PollAsync(work.Segment, handle, default);
        }

        Assert.Equal((SegmentStatus.Completed, 2), (again!.Status, again.Attempts));
        Assert.Equal(Enumerable.Range(1, 6).Select(step => ((long)step, (double?)(10 - step))), AllReports(work, again).Select(r => (r.Step, r.Metrics["loss"])));
        (SegmentId _, int attempt, long from, string text) = Assert.Single(Events.Restores);
        Assert.Equal((1, 3), (attempt, from));
        Assert.Contains("step 3", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_with_a_budget_is_called_for_each()
    {
        Events.Answer = (reports, _, _) => Task.FromResult(
            reports[^1].Step < 9 ? new TrialDirective(DirectiveAction.Continue, Until: 9, Budget: 0.5) : new TrialDirective(DirectiveAction.Stop));
        SegmentWork work = Work("budgeted") with { Until = 2, Budget = 0.25 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
        Assert.Equal([(2, 3.25), (9, 3.5)], AllReports(work, outcome).Select(r => (r.Step, r.Metrics["loss"])));
    }

    [Fact]
    public async Task A_program_with_a_budget_waits_for_a_decision_until_there_is_one()
    {
        int asked = 0;
        Events.Answer = (reports, _, _) => asked++ switch
        {
            0 => throw new IOException("the store is away"),
            1 => Task.FromResult(new TrialDirective(DirectiveAction.Continue, reports[^1].Step)),
            _ => Task.FromResult(new TrialDirective(DirectiveAction.Stop)),
        };
        SegmentWork work = Work("budgeted") with { Until = 2 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal((SegmentStatus.Stopped, 3), (outcome.Status, asked));
        Assert.Equal([2L], AllReports(work, outcome).Select(r => r.Step).Distinct());
        Assert.Empty(outcome.Reports);
    }

    [Fact]
    public async Task It_says_how_many_segments_it_can_run() => Assert.Equal(2, await Executor.SlotsAsync(default));

    private void PauseAt(long step) => Events.Answer = (reports, _, _) => Task.FromResult(
        reports[^1].Step == step ? new TrialDirective(DirectiveAction.Pause) : new TrialDirective(DirectiveAction.Continue, step));

    private static SegmentWork Saving(SegmentWork work, int every) => With(work, work.Definition with { Checkpoint = new() { Every = every } });

    private static SegmentWork Configured(SegmentWork work, string flag) => work with { Configuration = Configuration.Of((flag, ParameterValue.Of(1.0))) };

    private SegmentWork Next(SegmentWork work, params Checkpoint[] checkpoints)
    {
        Events.Answer = (_, _, _) => Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        return work with { Segment = work.Segment with { Segment = work.Segment.Segment + 1 }, Until = null, Checkpoints = [.. checkpoints] };
    }

    private async Task<SegmentOutcome> RunAsync(ITrialExecutor executor, SegmentWork work)
    {
        string handle = await executor.StartAsync(work, default);
        await Events.EndOf(work.Segment);
        return (await executor.PollAsync(work.Segment, handle, default))!;
    }
}
