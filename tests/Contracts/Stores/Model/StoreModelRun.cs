using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores.Model;

/// <summary>Does the same to a store and to the model and fails at the first difference.</summary>
internal sealed class StoreModelRun(StoresUnderTest stores)
{
    private readonly StoreModel _model = new();
    private StoresUnderTest _stores = stores;
    private int _step;

    public async Task RunAsync(IReadOnlyList<StoreStep> steps)
    {
        foreach (StoreStep step in steps)
        {
            _step++;
            try
            {
                await DoAsync(step);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"step {_step}, {step}: {e.Message}", e);
            }
        }

        foreach (string id in steps.Select(s => s.Id).Distinct())
        {
            await CompareAsync(id);
        }
    }

    private async Task DoAsync(StoreStep step)
    {
        string id = step.Id;
        switch (step.Kind)
        {
            case StoreStepKind.Create:
                ExperimentRecord experiment = Experiment(id, createdAt: _step);
                AssertSame(_model.Create(experiment), await _stores.Experiments.CreateAsync(experiment, default));
                break;
            case StoreStepKind.Post:
                ExperimentEvent happened = step.A == 9 ? Command($"c-{step.B}") : step.A == 8 ? Ended(step.B) : Reported(step.B, step.A + 1, loss: _step);
                await ExistingAsync(id, () => _stores.Inbox.PostAsync(id, happened, default), () => _model.Post(id, happened));
                break;
            case StoreStepKind.ReadInbox:
                AssertSame(_model.ReadInbox(id, step.A + 1), await _stores.Inbox.ReadAsync(id, step.A + 1, default));
                break;
            case StoreStepKind.Commit:
                await CommitAsync(id, _model.LastTurn(id) + 1, step);
                break;
            case StoreStepKind.CommitNumber:
                await CommitAsync(id, step.A, step);
                break;
            case StoreStepKind.ReadTurns:
                AssertSame(_model.ReadTurns(id, step.A + 1), await _stores.Turns.ReadAsync(id, step.A + 1, default).ToListAsync());
                break;
            case StoreStepKind.FindTrial:
                AssertSame(_model.FindTrial(id, step.A), await _stores.Trials.FindAsync(id, step.A, default));
                break;
            case StoreStepKind.ListTrials:
                AssertSame(_model.ListTrials(id), await PagesAsync(page => _stores.Trials.ListAsync(id, page, default), step.A + 1));
                break;
            case StoreStepKind.ListExperiments:
                AssertSame(_model.List(), await PagesAsync(page => _stores.Experiments.ListAsync(page, default), step.A + 1));
                break;
            case StoreStepKind.SaveSnapshot when _model.Exists(id):
                ExperimentSnapshot snapshot = Snapshot(_model.LastTurn(id), step.A);
                await _stores.Turns.SaveSnapshotAsync(id, snapshot, default);
                _model.SaveSnapshot(id, snapshot);
                break;
            case StoreStepKind.Delete:
                await _stores.Experiments.DeleteAsync(id, default);
                _model.Delete(id);
                break;
            case StoreStepKind.Reopen when _stores.Reopen is { } reopen:
                _stores = await reopen();
                break;
        }
    }

    private async Task CommitAsync(string id, int number, StoreStep step)
    {
        ImmutableArray<ExperimentEvent> folded = _model.ReadInbox(id, step.A);
        TurnCommit commit = Commit(number, folded, Enumerable.Range((step.B % 4) + 1, step.A % 3).Select(n => Trial(n, steps: (number + n) % 6)), $"state {_step}");
        commit = commit with { Summary = commit.Summary with { CreatedAt = _model.Find(id)?.Summary.CreatedAt ?? At(0) } };
        await ExistingAsync(
            id,
            async () => AssertSame(_model.LastTurn(id) + 1 == number, await _stores.Turns.CommitAsync(id, commit, default)),
            () => _model.Commit(id, commit));
    }

    /// <summary>Does both where the experiment exists, and expects a refusal where it does not.</summary>
    private async Task ExistingAsync(string id, Func<Task> real, Action model)
    {
        if (_model.Exists(id))
        {
            await real();
            model();
        }
        else
        {
            await Assert.ThrowsAsync<NotFoundException>(real);
        }
    }

    private async Task CompareAsync(string id)
    {
        AssertSame(_model.Find(id), await _stores.Experiments.FindAsync(id, default));
        AssertSame(_model.ReadInbox(id, 1000), await _stores.Inbox.ReadAsync(id, 1000, default));
        AssertSame(_model.ReadTurns(id, 1), await _stores.Turns.ReadAsync(id, 1, default).ToListAsync());
        AssertSame(_model.ListTrials(id), await PagesAsync(page => _stores.Trials.ListAsync(id, page, default), 1000));
        AssertSame(_model.FindSnapshot(id), await _stores.Turns.FindSnapshotAsync(id, default));
    }

    private static async Task<List<T>> PagesAsync<T>(Func<PageRequest, Task<Page<T>>> read, int size)
    {
        List<T> all = [];
        string? continuation = null;
        do
        {
            Page<T> page = await read(new(size, continuation));
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return all;
    }
}
