using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Reads as little of a journal as a list needs.</summary>
internal static class JournalGlance
{
    /// <summary>Beyond this many bytes after the place of the summary file, a new one saves time.</summary>
    private const long LongTail = 256 * 1024;

    // Format, id and time stand first and are short.
    private const int KeyBytes = 512;

    /// <summary>Where an experiment stands in the list: from the first bytes of its journal. Null where there is none.</summary>
    /// <exception cref="CorruptDataException">The first line is no header.</exception>
    public static ExperimentKey? Key(JournalPaths paths)
    {
        using SafeFileHandle? file = Disk.OpenRead(paths.Journal);
        if (file is null)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[KeyBytes];
        int length = RandomAccess.Read(file, bytes, 0);
        try
        {
            return KeyOf(bytes[..length]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw NoHeader(paths, e);
        }
    }

    /// <summary>An experiment and where it stands; null where there is none.</summary>
    /// <exception cref="CorruptDataException">The journal is damaged.</exception>
    public static ExperimentRecord? Record(JournalPaths paths, JournalOptions options)
    {
        using SafeFileHandle? file = Disk.OpenRead(paths.Journal);
        if (file is null)
        {
            return null;
        }

        JournalScanner scanner = new(file, paths.Journal, default);
        if (!scanner.TryRead(out ReadOnlySpan<byte> header))
        {
            throw NoHeader(paths);
        }

        try
        {
            ExperimentRecord record = JournalLines.RecordOf(header);
            return record with { Summary = Summary(paths, file, scanner, options) ?? record.Summary };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            throw new CorruptDataException(paths.Journal, e.Message, e);
        }
    }

    /// <summary>The summary after the last turn; null before the first turn.</summary>
    private static ExperimentSummary? Summary(JournalPaths paths, SafeFileHandle file, JournalScanner scanner, JournalOptions options)
    {
        SummaryFile? kept = SealedFile.Read<SummaryFile>(paths.Summary);
        if (kept is not null && SummaryFile.Holds(kept.Position, file))
        {
            scanner = new(file, paths.Journal, kept.Position);
        }
        else
        {
            kept = null;
        }

        long from = scanner.Position.Offset;
        Extent? last = null;
        while (scanner.TryRead(out ReadOnlySpan<byte> line))
        {
            last = JournalLines.IsTurn(line) ? scanner.Extent : last;
        }

        ExperimentSummary? summary = last is { } place ? JournalLines.SummaryOf(JournalLines.Read(file, place)) : kept?.Summary;
        if (summary is not null && scanner.Position.Offset - from > LongTail)
        {
            Keep(new(scanner.Position, summary), paths, options);
        }

        return summary;
    }

    private static void Keep(SummaryFile summary, JournalPaths paths, JournalOptions options)
    {
        try
        {
            Disk.Replace(paths.Summary, SealedFile.Encode(summary).Written, durable: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalLog.SummaryNotWritten(options.Log, paths.Summary, e.Message);
        }
    }

    private static ExperimentKey KeyOf(ReadOnlySpan<byte> bytes)
    {
        Utf8JsonReader reader = new(bytes, isFinalBlock: false, default);
        string? id = null;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
            {
                continue;
            }

            bool isId = reader.ValueTextEquals(JournalNames.Id.EncodedUtf8Bytes);
            bool isTime = reader.ValueTextEquals(JournalNames.CreatedAt.EncodedUtf8Bytes);
            if (!reader.Read())
            {
                break;
            }

            id = isId ? reader.GetString() : id;
            if (isTime && id is not null)
            {
                return new(reader.GetDateTimeOffset(), id);
            }
        }

        throw new JsonException("id and time of creation are missing");
    }

    private static CorruptDataException NoHeader(JournalPaths paths, Exception? e = null) =>
        new($"{paths.Journal}, line 1", "the experiment's definition must stand there", e);
}
