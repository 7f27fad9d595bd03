using System.Text.Encodings.Web;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Writes the lines of a journal into one buffer that is used again for every line.</summary>
/// <remarks>
/// <para>A journal is a text file of JSON objects, one a line, each sealed (<see cref="LineSeal"/>). The first property says what a line is:</para>
/// <list type="bullet">
///   <item><c>{"format":1,"id":…,"createdAt":…,"definition":…,"summary":…}</c>, the first line and no other;</item>
///   <item><c>{"event":id,"body":…}</c>, an event that was posted;</item>
///   <item><c>{"turn":number,"folded":[ids],"summary":…,"trials":[rows],"body":…}</c>, a turn that was committed.</item>
/// </list>
/// <para>The events that wait are those posted and not folded since.</para>
/// </remarks>
internal sealed class JournalEncoder : IDisposable
{
    /// <summary>Version of the format.</summary>
    public const int Format = 1;

    private readonly LineBuffer _buffer = new();
    private readonly Utf8JsonWriter _writer;

    public JournalEncoder() => _writer = new(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The line last written.</summary>
    public ReadOnlySpan<byte> Line => _buffer.Written;

    public void Dispose() => _writer.Dispose();

    /// <returns>Checksum of the line.</returns>
    public uint Header(ExperimentRecord experiment)
    {
        Begin();
        _writer.WriteNumber(JournalNames.Format, Format);
        _writer.WriteString(JournalNames.Id, experiment.Id);
        _writer.WriteString(JournalNames.CreatedAt, experiment.Summary.CreatedAt);
        Write(JournalNames.Definition, experiment.Definition);
        Write(JournalNames.Summary, experiment.Summary);
        return End(0);
    }

    /// <returns>Checksum of the line.</returns>
    public uint Event(ExperimentEvent happened, uint chain)
    {
        Begin();
        _writer.WriteString(JournalNames.Event, happened.Id);
        Write(JournalNames.Body, happened);
        return End(chain);
    }

    /// <param name="commit">What is committed.</param>
    /// <param name="find">Trials as they were before.</param>
    /// <param name="chain">Checksum of the line before.</param>
    /// <returns>Checksum of the line.</returns>
    public uint Turn(TurnCommit commit, Func<int, Trial?> find, uint chain)
    {
        Begin();
        _writer.WriteNumber(JournalNames.Turn, commit.Turn.Number);
        _writer.WriteStartArray(JournalNames.Folded);
        foreach (ExperimentEvent folded in commit.Turn.Events)
        {
            _writer.WriteStringValue(folded.Id);
        }

        _writer.WriteEndArray();
        Write(JournalNames.Summary, commit.Summary);
        _writer.WriteStartArray(JournalNames.Trials);
        foreach (Trial trial in commit.Trials)
        {
            TrialRow.Write(_writer, trial, find(trial.Number));
        }

        _writer.WriteEndArray();
        Write(JournalNames.Body, commit.Turn);
        return End(chain);
    }

    private void Begin()
    {
        _buffer.Clear();
        _writer.Reset();
        _writer.WriteStartObject();
    }

    private void Write<T>(JsonEncodedText name, T value)
    {
        _writer.WritePropertyName(name);
        JsonSerializer.Serialize(_writer, value, EngineJson.Options);
    }

    private uint End(uint chain)
    {
        _writer.WriteEndObject();
        _writer.Flush();
        return LineSeal.Close(_buffer, chain);
    }
}
