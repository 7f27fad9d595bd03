using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations.Tests;

public sealed class ReportIntakeTests : IAsyncDisposable
{
    private static readonly SegmentId First = new(Workshop.Id, 1, 0);

    private readonly LiveRig _rig = new();
    private readonly Workshop _shop = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Report_before_the_next_decision_is_kept_and_answered_at_once()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });

        TrialDirective directive = await TakeAsync(First, step: 1, wait: true);

        Assert.Equal(DirectiveAction.Continue, directive.Action);
        Assert.IsType<TrialReported>(Assert.Single(await _shop.InboxAsync()));
    }

    [Fact]
    public async Task Same_report_twice_counts_once()
    {
        await _shop.StartAsync();

        await TakeAsync(First, step: 1, wait: false);
        await TakeAsync(First, step: 1, wait: false);
        await _shop.AdvanceAsync(2);

        Assert.Single((await _shop.TrialAsync(1)).Reports);
    }

    [Fact]
    public async Task Report_that_was_folded_does_not_wait_again()
    {
        await _shop.StartAsync();
        await TakeAsync(First, step: 2, wait: false);
        await _shop.AdvanceAsync(2);

        Assert.Equal(DirectiveAction.Continue, (await TakeAsync(First, step: 2, wait: false)).Action);
        Assert.Equal(DirectiveAction.Continue, (await TakeAsync(First, step: 1, wait: false)).Action);
        Assert.Empty(await _shop.InboxAsync());

        await TakeAsync(First, step: 3, wait: false);
        Assert.Single(await _shop.InboxAsync());
    }

    [Fact]
    public async Task Stop_of_a_trial_of_an_experiment_that_had_the_id_before_is_not_told_to_the_present_one()
    {
        await _shop.StartAsync();
        await _shop.Stores.Inbox.PostAsync(Workshop.Id, new CommandGiven("stop", ExperimentCommand.Stop, "me"), CancellationToken.None);
        await _shop.AdvanceAsync(2);
        Assert.Equal(DirectiveAction.Stop, (await TakeAsync(First, step: 1, wait: false)).Action);
        await _shop.Stores.Experiments.DeleteAsync(Workshop.Id, CancellationToken.None); // by another process: this one remembers
        _shop.Clock.Advance(TimeSpan.FromSeconds(1));
        await _shop.CreateAsync();
        await new Workshop(stores: _shop.Stores).AdvanceAsync(1);

        Assert.Equal(DirectiveAction.Continue, (await TakeAsync(First, step: 1, wait: false)).Action);
    }

    [Fact]
    public async Task Report_at_a_decision_waits_for_it()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("asynchyperband"), Stop = d.Stop.Add("training_iteration", 100) });
        long until = (await _shop.TrialAsync(1)).Until!.Value;
        Task<TrialDirective> waiting = new ReportIntake(new(_shop.Stores.Experiments, _shop.Stores.Trials, TimeProvider.System), _shop.Stores.Inbox, TimeProvider.System)
            .TakeAsync(_rig.Client, First, Reports(until), wait: true, CancellationToken.None);

        while ((await _shop.InboxAsync()).IsEmpty)
        {
            await Task.Delay(1);
        }

        Assert.False(waiting.IsCompleted);
        await _shop.AdvanceAsync(2);
        TrialDirective directive = await waiting.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(DirectiveAction.Continue, directive.Action); // the first at a rung goes on
        Assert.True(directive.Until > until);
    }

    [Fact]
    public async Task Decision_that_does_not_come_lets_the_trial_go_on()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("asynchyperband"), Stop = d.Stop.Add("training_iteration", 100) });
        long until = (await _shop.TrialAsync(1)).Until!.Value;

        Assert.Equal(new(DirectiveAction.Continue, until + 1), await TakeAsync(First, until, wait: false));
    }

    [Fact]
    public async Task Segment_that_is_not_wanted_is_told_to_stop_and_its_report_is_dropped()
    {
        await _shop.StartAsync();

        Assert.Equal(DirectiveAction.Stop, (await TakeAsync(First with { Segment = 3 }, step: 1, wait: true)).Action);
        Assert.Empty(await _shop.InboxAsync());
    }

    [Fact]
    public async Task Trial_that_reports_often_is_read_again_only_after_a_turn()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });
        CountingTrials counted = new(_shop.Stores.Trials);
        RunningTrials trials = new(_shop.Stores.Experiments, counted, _shop.Clock);
        ReportIntake intake = new(trials, _shop.Stores.Inbox, _shop.Clock);

        for (int step = 1; step <= 10; step++)
        {
            await intake.TakeAsync(_rig.Client, First, Reports(step), wait: false, CancellationToken.None);
        }

        Assert.Equal(1, counted.Reads);
        _shop.Clock.Advance(RunningTrials.Lifetime);
        await intake.TakeAsync(_rig.Client, First, Reports(11), wait: false, CancellationToken.None);
        Assert.Equal(1, counted.Reads); // there was no turn: nothing can have changed
        Assert.Equal(11, (await _shop.InboxAsync()).Length);
        await _shop.AdvanceElsewhere().RunAsync(new(Workshop.Id, 2), CancellationToken.None);
        _shop.Clock.Advance(RunningTrials.Lifetime);
        await intake.TakeAsync(_rig.Client, First, Reports(12), wait: false, CancellationToken.None);
        Assert.Equal(2, counted.Reads);
    }

    [Fact]
    public async Task Many_reports_ring_the_bell_although_nothing_has_to_be_decided()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });
        await using LocalDurableRuntime bells = new();
        bells.AddOrchestrator(nameof(ExperimentOrchestrator), async context => await context.WaitForExternalEvent<string>(ExperimentOrchestrator.Doorbell));
        ReportIntake intake = new(_shop.Trials, _shop.Stores.Inbox, _shop.Clock);

        Assert.False(await RingsAsync(1, RunningTrials.ReportsATurn - 1));
        Assert.True(await RingsAsync(RunningTrials.ReportsATurn, 1));
        await _shop.AdvanceAsync(2);
        Assert.Equal(RunningTrials.ReportsATurn, (await _shop.TrialAsync(1)).Reports.Length);
        Assert.False(await RingsAsync(RunningTrials.ReportsATurn + 1, RunningTrials.ReportsATurn - 1)); // the turn took what had come, and counting began anew

        async Task<bool> RingsAsync(int first, int count)
        {
            if (await bells.Client.GetInstanceAsync(Workshop.Id, CancellationToken.None) is not { IsCompleted: false })
            {
                await bells.Client.ScheduleNewOrchestrationInstanceAsync(nameof(ExperimentOrchestrator), input: null, new StartOrchestrationOptions(Workshop.Id), CancellationToken.None);
            }

            for (int step = first; step < first + count; step++)
            {
                await intake.TakeAsync(bells.Client, First, Reports(step), wait: false, CancellationToken.None);
            }

            await bells.WhenIdleAsync();
            return (await bells.Client.GetInstanceAsync(Workshop.Id, CancellationToken.None))!.IsCompleted;
        }
    }

    [Fact]
    public async Task Trial_that_has_many_reports_is_written_again_only_for_many_more()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });
        ImmutableArray<Report> many = [.. Enumerable.Range(1, 400).SelectMany(static step => Reports(step))];
        await _shop.Stores.Inbox.PostAsync(Workshop.Id, new TrialReported(First.ReportEventId(400), 1, 0, many), CancellationToken.None);
        await _shop.AdvanceAsync(2);
        Trial trial = await _shop.Trials.RecentAsync(Workshop.Id, 1, CancellationToken.None);
        Assert.Equal(400, trial.Reports.Length);

        Assert.All(Enumerable.Range(1, 99), _ => Assert.False(_shop.Trials.CountReport(Workshop.Id, trial)));
        Assert.True(_shop.Trials.CountReport(Workshop.Id, trial)); // an eighth of what both running trials have, if the other one is like it
    }

    [Fact]
    public async Task Memory_is_not_believed_longer_because_the_look_failed()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });
        FailingExperiments experiments = new(_shop.Stores.Experiments);
        RunningTrials trials = new(experiments, _shop.Stores.Trials, _shop.Clock);
        await trials.RecentAsync(Workshop.Id, 1, CancellationToken.None);
        _shop.Clock.Advance(RunningTrials.Lifetime);
        experiments.Fails = true;

        for (int look = 0; look < 3; look++)
        {
            await Assert.ThrowsAsync<UnavailableException>(() => trials.RecentAsync(Workshop.Id, 1, CancellationToken.None));
        }

        experiments.Fails = false;
        Assert.Equal(1, (await trials.RecentAsync(Workshop.Id, 1, CancellationToken.None)).Number);
    }

    [Fact]
    public async Task Stop_that_another_process_decided_is_heard_when_the_memory_is_too_old()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });
        await TakeAsync(First, step: 1, wait: false);
        await _shop.Stores.Inbox.PostAsync(Workshop.Id, new CommandGiven("c", ExperimentCommand.Stop, "test"), CancellationToken.None);
        await _shop.AdvanceElsewhere().RunAsync(new(Workshop.Id, 2), CancellationToken.None);

        Assert.Equal(DirectiveAction.Continue, (await TakeAsync(First, step: 2, wait: false)).Action);
        _shop.Clock.Advance(RunningTrials.Lifetime);
        Assert.Equal(DirectiveAction.Stop, (await TakeAsync(First, step: 3, wait: false)).Action);
    }

    [Fact]
    public async Task Stop_that_this_process_decided_is_heard_at_once()
    {
        await _shop.StartAsync(d => d with { Scheduler = new("none") });
        await TakeAsync(First, step: 1, wait: false);
        await _shop.Stores.Inbox.PostAsync(Workshop.Id, new CommandGiven("c", ExperimentCommand.Stop, "test"), CancellationToken.None);
        await _shop.AdvanceAsync(2);

        Assert.Equal(DirectiveAction.Stop, (await TakeAsync(First, step: 2, wait: false)).Action);
    }

    [Fact]
    public async Task Trial_that_does_not_exist_is_an_error()
    {
        await _shop.StartAsync();

        await Assert.ThrowsAsync<NotFoundException>(() => TakeAsync(First with { Trial = 77 }, step: 1, wait: true));
    }

    [Fact]
    public async Task Checkpoints_are_folded_at_once_and_superfluous_ones_are_deleted()
    {
        await _shop.StartAsync(d => d with { Checkpoint = new() { Keep = 2 } });
        ReportIntake intake = new(_shop.Trials, _shop.Stores.Inbox, _shop.Clock);
        for (int step = 1; step <= 4; step++)
        {
            string sha = step.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);
            Checkpoint saved = new(step, Checkpoint.NameFor(First, step, sha), 1, sha);
            await _shop.Stores.Artifacts.PutAsync(saved.Name, new byte[] { 1 }, CancellationToken.None);
            await intake.TakeCheckpointAsync(_rig.Client, First, saved, CancellationToken.None);
            await _shop.AdvanceAsync(step + 1);
        }

        Assert.Equal([3, 4], (await _shop.TrialAsync(1)).Checkpoints.Select(kept => kept.Step));
        bool[] kept = await Task.WhenAll(Enumerable.Range(1, 4).Select(async step =>
            await _shop.Stores.Artifacts.FindAsync(Checkpoint.NameFor(First, step, step.ToString("x64", System.Globalization.CultureInfo.InvariantCulture)), CancellationToken.None) is not null));
        Assert.Equal([false, false, true, true], kept);
    }

    private static ImmutableArray<Report> Reports(long step) => [new(step, new Metrics(KeyValuePair.Create("loss", 0.5)), DateTimeOffset.UnixEpoch)];

    private Task<TrialDirective> TakeAsync(SegmentId segment, long step, bool wait) =>
        new ReportIntake(_shop.Trials, _shop.Stores.Inbox, _shop.Clock).TakeAsync(_rig.Client, segment, Reports(step), wait, CancellationToken.None);

    private sealed class CountingTrials(ITrialStore inner) : ITrialStore
    {
        public int Reads { get; private set; }

        public Task<Trial?> FindAsync(string experiment, int number, CancellationToken cancellation)
        {
            Reads++;
            return inner.FindAsync(experiment, number, cancellation);
        }

        public Task<Engine.Ports.Page<Trial>> ListAsync(string experiment, PageRequest page, CancellationToken cancellation) => inner.ListAsync(experiment, page, cancellation);
    }

    private sealed class FailingExperiments(IExperimentStore inner) : IExperimentStore
    {
        public bool Fails { get; set; }

        public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) =>
            Fails ? throw new UnavailableException("table storage", "it rests") : inner.FindAsync(id, cancellation);

        public Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation) => inner.CreateAsync(experiment, cancellation);

        public Task<Engine.Ports.Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation) => inner.ListAsync(page, cancellation);

        public Task DeleteAsync(string id, CancellationToken cancellation) => inner.DeleteAsync(id, cancellation);
    }
}
