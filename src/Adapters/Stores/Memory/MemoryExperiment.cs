using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>One experiment and all that belongs to it. Safe for many threads.</summary>
internal sealed class MemoryExperiment
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, ExperimentEvent> _waiting = new(StringComparer.Ordinal);
    private readonly List<Turn> _turns = [];
    private readonly TrialTable _trials = new();
    private ExperimentRecord _record;
    private ExperimentSnapshot? _snapshot;

    public MemoryExperiment(ExperimentRecord record)
    {
        // A copy: the definition may hold JSON elements of a document that its owner disposes. Everything else that arrives is immutable.
        ExperimentDefinition definition = JsonSerializer.Deserialize<ExperimentDefinition>(
            JsonSerializer.SerializeToUtf8Bytes(record.Definition, EngineJson.Options), EngineJson.Options)!;
        _record = record with { Definition = definition };
        Key = new(record.Summary.CreatedAt, record.Id);
    }

    public ExperimentKey Key { get; }

    public ExperimentRecord Record
    {
        get
        {
            lock (_gate)
            {
                return _record;
            }
        }
    }

    public ExperimentSnapshot? Snapshot
    {
        get
        {
            lock (_gate)
            {
                return _snapshot;
            }
        }

        set
        {
            lock (_gate)
            {
                _snapshot = value;
            }
        }
    }

    public void Post(ExperimentEvent happened)
    {
        lock (_gate)
        {
            _waiting.TryAdd(happened.Id, happened);
        }
    }

    public ImmutableArray<ExperimentEvent> ReadInbox(int max, string prefix = "")
    {
        lock (_gate)
        {
            return [.. _waiting.Values.Where(happened => happened.Id.StartsWith(prefix, StringComparison.Ordinal)).Take(max)];
        }
    }

    public bool Commit(TurnCommit commit)
    {
        lock (_gate)
        {
            if (commit.Turn.Number != _turns.Count + 1 || commit.Summary.CreatedAt != _record.Summary.CreatedAt)
            {
                return false;
            }

            _turns.Add(commit.Turn);
            _record = _record with { Summary = commit.Summary };
            foreach (Trial trial in commit.Trials)
            {
                _trials.Put(trial);
            }

            foreach (ExperimentEvent folded in commit.Turn.Events)
            {
                _waiting.Remove(folded.Id);
            }

            return true;
        }
    }

    public Turn? FindTurn(int number)
    {
        lock (_gate)
        {
            return number <= _turns.Count ? _turns[number - 1] : null;
        }
    }

    public Trial? FindTrial(int number)
    {
        lock (_gate)
        {
            return _trials.Find(number);
        }
    }

    public Page<Trial> ListTrials(PageRequest page)
    {
        lock (_gate)
        {
            return _trials.List(page);
        }
    }
}
