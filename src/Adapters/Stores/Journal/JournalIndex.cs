using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>What a journal says, as far as it was read: everything but the turns and the rows of trials that nobody asked for, of which it knows the places. Not safe for many threads.</summary>
internal sealed class JournalIndex
{
    private readonly SortedDictionary<string, ExperimentEvent> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Extent> _unread = [];
    private readonly List<Extent> _turns = [];
    private readonly JournalTrials _trials = new();
    private ExperimentRecord? _record;

    public ExperimentRecord Record => _record ?? throw new InvalidOperationException("the journal was not read");

    public int Turns => _turns.Count;

    public bool IsWaiting(string id) => _waiting.ContainsKey(id);

    public ImmutableArray<ExperimentEvent> Waiting(int max, string prefix = "") =>
        [.. _waiting.Values.Where(happened => happened.Id.StartsWith(prefix, StringComparison.Ordinal)).Take(max)];

    public JournalTrials Trials => _trials;

    /// <summary>Places of the turns from a number on.</summary>
    public ImmutableArray<Extent> From(int turn) => turn > _turns.Count ? [] : [.. _turns[(Math.Max(turn, 1) - 1)..]];

    /// <summary>Takes in an event that was appended.</summary>
    public void Posted(ExperimentEvent happened) => _waiting.Add(happened.Id, happened);

    /// <summary>Takes in a turn that was appended.</summary>
    public void Committed(TurnCommit commit, Extent place)
    {
        _turns.Add(place);
        _record = Record with { Summary = commit.Summary };
        foreach (Trial trial in commit.Trials)
        {
            _trials.Put(trial);
        }

        foreach (ExperimentEvent folded in commit.Turn.Events)
        {
            _waiting.Remove(folded.Id);
        }
    }

    /// <summary>Takes in all lines that follow. Events that were folded since and turns are passed over unread.</summary>
    /// <exception cref="CorruptDataException">A line is damaged and is not the last one.</exception>
    public void Read(JournalScanner scanner, SafeFileHandle file, string path)
    {
        int before = _turns.Count;
        try
        {
            while (scanner.TryRead(out ReadOnlySpan<byte> line))
            {
                Read(line, scanner.Extent);
            }

            foreach ((string id, Extent place) in _unread)
            {
                JournalLineReader reader = new(JournalLines.Read(file, place));
                reader.GoTo(JournalNames.Body);
                _waiting.TryAdd(id, JsonSerializer.Deserialize<ExperimentEvent>(ref reader.Json, EngineJson.Options)!);
            }

            _unread.Clear();
            if (_turns.Count > before)
            {
                _record = Record with { Summary = JournalLines.SummaryOf(JournalLines.Read(file, _turns[^1])) };
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NotSupportedException)
        {
            throw new CorruptDataException($"{path}, line {scanner.Position.Lines}", e.Message, e);
        }
    }

    private void Read(ReadOnlySpan<byte> line, Extent place)
    {
        JournalLineReader reader = new(line);
        if (reader.Begins(JournalNames.Turn))
        {
            ReadTurn(ref reader, place);
        }
        else if (reader.Begins(JournalNames.Event))
        {
            reader.GoTo(JournalNames.Event);
            _unread[reader.Json.GetString()!] = place;
        }
        else
        {
            _record = _record is null ? JournalLines.RecordOf(line) : throw new JsonException("the line is of no known kind");
        }
    }

    private void ReadTurn(ref JournalLineReader reader, Extent place)
    {
        reader.GoTo(JournalNames.Turn);
        int number = reader.Json.GetInt32();
        if (number != _turns.Count + 1)
        {
            throw new JsonException($"turn {_turns.Count + 1} was expected, was {number}");
        }

        reader.GoTo(JournalNames.Folded);
        while (reader.Json.Read() && reader.Json.TokenType == JsonTokenType.String)
        {
            string id = reader.Json.GetString()!;
            _unread.Remove(id);
            _waiting.Remove(id);
        }

        reader.Json.Read();
        reader.GoTo(JournalNames.Trials);
        while (reader.Json.Read() && reader.Json.TokenType == JsonTokenType.StartObject)
        {
            long from = reader.Json.TokenStartIndex;
            (int trial, bool goesOn) = TrialRow.Skip(ref reader.Json);
            _trials.Add(trial, goesOn, new(place.Offset + from, (int)(reader.Json.BytesConsumed - from)));
        }

        _turns.Add(place);
    }
}
