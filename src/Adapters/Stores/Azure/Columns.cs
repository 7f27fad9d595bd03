using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Plain columns, mostly there for people who open the table.</summary>
internal static class Columns
{
    /// <summary>Longest text of a plain column; the whole of it is in the value beside it.</summary>
    private const int MaxText = 1000;

    private static readonly DateTimeOffset Earliest = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Text, cut where it is long. Null becomes empty text, so that it also replaces what a merged row had before.</summary>
    public static void WriteText(TableEntity entity, string name, string? text) =>
        entity[name] = text is null ? "" : text.Length <= MaxText ? text : Cut(text);

    /// <summary>A value as JSON, cut where it is long.</summary>
    public static void WriteJson<T>(TableEntity entity, string name, T value) => WriteText(entity, name, JsonSerializer.Serialize(value, EngineJson.Options));

    /// <summary>A time; left out where the table cannot hold it.</summary>
    public static void WriteTime(TableEntity entity, string name, DateTimeOffset? time)
    {
        if (time >= Earliest)
        {
            entity[name] = time.Value;
        }
    }

    /// <summary>A number; left out where there is none or the table cannot hold it.</summary>
    public static void WriteNumber(TableEntity entity, string name, double? number)
    {
        if (number is { } value && double.IsFinite(value))
        {
            entity[name] = value;
        }
    }

    /// <summary>A whole number, however it comes back: services and emulators do not agree on the type of 1.0.</summary>
    /// <exception cref="FormatException">There is no such column, or no number in it.</exception>
    public static int ReadInt(TableEntity entity, string name)
    {
        try
        {
            return entity.TryGetValue(name, out object? value) && value is not null
                ? Convert.ToInt32(value, CultureInfo.InvariantCulture)
                : throw new FormatException($"column {name} is missing");
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException)
        {
            throw new FormatException($"column {name} holds no whole number", e);
        }
    }

    /// <summary>Text of a column.</summary>
    /// <exception cref="FormatException">There is no such column, or no text in it.</exception>
    public static string ReadText(TableEntity entity, string name) =>
        entity.TryGetValue(name, out object? value) && value is string text ? text : throw new FormatException($"column {name} is missing");

    private static string Cut(string text)
    {
        int length = char.IsHighSurrogate(text[MaxText - 2]) ? MaxText - 2 : MaxText - 1;
        return string.Concat(text.AsSpan(0, length), "…");
    }
}
