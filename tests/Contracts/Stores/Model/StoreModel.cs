using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Stores.Model;

/// <summary>What a store should do, in the simplest way there is.</summary>
internal sealed class StoreModel
{
    private readonly Dictionary<string, Contents> _experiments = [];

    public bool Create(ExperimentRecord experiment) => _experiments.TryAdd(experiment.Id, new(experiment));

    public bool Exists(string id) => _experiments.ContainsKey(id);

    public ExperimentRecord? Find(string id) => _experiments.GetValueOrDefault(id)?.Record;

    public List<ExperimentRecord> List() => [.. _experiments.Values.Select(e => e.Record).OrderByDescending(r => r.Summary.CreatedAt)];

    public void Delete(string id) => _experiments.Remove(id);

    public void Post(string id, ExperimentEvent happened) => _experiments[id].Waiting.TryAdd(happened.Id, happened);

    public ImmutableArray<ExperimentEvent> ReadInbox(string id, int max) => [.. Of(id).Waiting.Values.Take(max)];

    public int LastTurn(string id) => Of(id).Turns.Count;

    public bool Commit(string id, TurnCommit commit)
    {
        Contents experiment = _experiments[id];
        if (commit.Turn.Number != experiment.Turns.Count + 1)
        {
            return false;
        }

        experiment.Turns.Add(commit.Turn);
        experiment.Record = experiment.Record with { Summary = commit.Summary };
        foreach (Trial trial in commit.Trials)
        {
            experiment.Trials[trial.Number] = trial;
        }

        foreach (ExperimentEvent folded in commit.Turn.Events)
        {
            experiment.Waiting.Remove(folded.Id);
        }

        return true;
    }

    public List<Turn> ReadTurns(string id, int from) => [.. Of(id).Turns.Where(t => t.Number >= from)];

    public Trial? FindTrial(string id, int number) => Of(id).Trials.GetValueOrDefault(number);

    public List<Trial> ListTrials(string id) => [.. Of(id).Trials.Values];

    public void SaveSnapshot(string id, ExperimentSnapshot snapshot) => _experiments[id].Snapshot = snapshot;

    public ExperimentSnapshot? FindSnapshot(string id) => Of(id).Snapshot;

    private Contents Of(string id) => _experiments.GetValueOrDefault(id) ?? new(StoreExamples.Experiment(id));

    private sealed class Contents(ExperimentRecord record)
    {
        public ExperimentRecord Record { get; set; } = record;

        public SortedDictionary<string, ExperimentEvent> Waiting { get; } = new(StringComparer.Ordinal);

        public List<Turn> Turns { get; } = [];

        public SortedDictionary<int, Trial> Trials { get; } = [];

        public ExperimentSnapshot? Snapshot { get; set; }
    }
}
