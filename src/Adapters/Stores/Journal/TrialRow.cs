using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>A trial in a journal: what is new since its row before. Reports and notes only grow, so that writing them once keeps the journal linear in them.</summary>
internal static class TrialRow
{
    private static readonly JsonEncodedText Number = JsonEncodedText.Encode("number");
    private static readonly JsonEncodedText GoesOn = JsonEncodedText.Encode("goesOn");
    private static readonly JsonEncodedText Reports = JsonEncodedText.Encode("keepReports");
    private static readonly JsonEncodedText Notes = JsonEncodedText.Encode("keepNotes");
    private static readonly JsonEncodedText Row = JsonEncodedText.Encode("trial");
    private static readonly JsonSerializerOptions Options = CreateOptions();

    public static void Write(Utf8JsonWriter writer, Trial trial, Trial? before)
    {
        int reports = before is not null && before.Reports.IsContinuedBy(trial.Reports) ? before.Reports.Length : 0;
        int notes = Kept(trial.Notes, before?.Notes);
        bool sameConfiguration = ReferenceEquals(trial.Configuration, before?.Configuration);
        Trial news = trial with
        {
            Configuration = sameConfiguration ? null! : trial.Configuration,
            Reports = trial.Reports[reports..],
            Notes = trial.Notes[notes..],
        };
        writer.WriteStartObject();
        writer.WriteNumber(Number, trial.Number);
        writer.WriteBoolean(GoesOn, sameConfiguration || reports > 0 || notes > 0);
        writer.WriteNumber(Reports, reports);
        writer.WriteNumber(Notes, notes);
        writer.WritePropertyName(Row);
        JsonSerializer.Serialize(writer, news, Options);
        writer.WriteEndObject();
    }

    /// <summary>Passes over a row.</summary>
    /// <param name="reader">At the row's first token; afterwards at its last.</param>
    /// <returns>Number of the trial, and whether the row needs the one before.</returns>
    public static (int Number, bool GoesOn) Skip(ref Utf8JsonReader reader)
    {
        int number = ReadNumber(ref reader, Number);
        ExpectName(ref reader, GoesOn);
        reader.Read();
        bool goesOn = reader.GetBoolean();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            reader.Skip();
        }

        return (number, goesOn);
    }

    /// <summary>Reads a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="before">The trial as the row before left it; null where there is none.</param>
    public static Trial Read(ReadOnlySpan<byte> row, Trial? before)
    {
        JournalLineReader reader = new(row);
        reader.GoTo(Reports);
        int reports = reader.Json.GetInt32();
        reader.GoTo(Notes);
        int notes = reader.Json.GetInt32();
        reader.GoTo(Row);
        Trial news = JsonSerializer.Deserialize<Trial>(ref reader.Json, Options)!;
        return news.Configuration is not null && reports == 0 && notes == 0 ? news
            : before is null || before.Reports.Length < reports || before.Notes.Length < notes ? throw new JsonException($"trial {news.Number} goes on from a row that is missing")
            : news with
            {
                Configuration = news.Configuration ?? before.Configuration,
                Reports = before.Reports[..reports].AddRange(news.Reports),
                Notes = [.. before.Notes.AsSpan(0, notes), .. news.Notes],
            };
    }

    /// <summary>All of the items before where they are the first of the items now; otherwise none.</summary>
    private static int Kept(ImmutableArray<TrialNote> now, ImmutableArray<TrialNote>? before)
    {
        if (before is not { } items || items.Length > now.Length)
        {
            return 0;
        }

        for (int i = items.Length - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(items[i], now[i]))
            {
                return 0;
            }
        }

        return items.Length;
    }

    private static int ReadNumber(ref Utf8JsonReader reader, JsonEncodedText name)
    {
        ExpectName(ref reader, name);
        reader.Read();
        return reader.GetInt32();
    }

    private static void ExpectName(ref Utf8JsonReader reader, JsonEncodedText name)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals(name.EncodedUtf8Bytes))
        {
            throw new JsonException($"property '{name}' was expected");
        }
    }

    private static JsonSerializerOptions CreateOptions()
    {
        JsonSerializerOptions options = new(EngineJson.Options)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AllowParts } },
        };
        options.MakeReadOnly();
        return options;
    }

    private static void AllowParts(JsonTypeInfo type)
    {
        if (type.Type != typeof(Trial))
        {
            return;
        }

        foreach (JsonPropertyInfo property in type.Properties)
        {
            property.IsRequired = property.Name == "number";
            property.ShouldSerialize = property.PropertyType == typeof(ReportSeries) ? static (_, value) => !((ReportSeries)value!).IsEmpty
                : property.PropertyType == typeof(ImmutableArray<Checkpoint>) ? static (_, value) => !((ImmutableArray<Checkpoint>)value!).IsEmpty
                : property.PropertyType == typeof(ImmutableArray<TrialOrigin>) ? static (_, value) => !((ImmutableArray<TrialOrigin>)value!).IsEmpty
                : property.PropertyType == typeof(ImmutableArray<TrialNote>) ? static (_, value) => !((ImmutableArray<TrialNote>)value!).IsEmpty
                : property.ShouldSerialize;
        }
    }
}
