using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Collections;

namespace HpoServerless.Engine.Experiments;

/// <summary>What a trial reported, in order. Immutable; a series shares its memory with those it was extended from, so that adding a report costs O(1) amortised.</summary>
/// <remarks>
/// Memory: 8 bytes for the time of a report and 8 for each metric, 8 more for the step where steps are not evenly spaced: an experiment remembers every report
/// of every trial. So reports are made anew whenever they are asked for: equal to what was added, not the same objects.
/// Series whose reports have other metrics each time, in another order, or times with an offset from UTC, hold the reports themselves.
/// JSON: an array of reports.
/// </remarks>
[CollectionBuilder(typeof(ReportSeries), nameof(Create))]
[JsonConverter(typeof(ReportSeriesJsonConverter))]
public sealed class ReportSeries : IReadOnlyList<Report>
{
    /// <summary>A table that is emptier than this is larger than the reports themselves.</summary>
    private const int MostCellsANumber = 8;

    private const int AnyCells = 64;

    private readonly ReportRows? _rows;
    private readonly AppendOnlyList<Report>? _odd;
    private readonly long _numbers;

    private ReportSeries(ReportRows? rows, AppendOnlyList<Report>? odd, int length, long numbers) => (_rows, _odd, Length, _numbers) = (rows, odd, length, numbers);

    /// <summary>No reports.</summary>
    public static ReportSeries Empty { get; } = new(null, null, 0, 0);

    /// <summary>Number of reports.</summary>
    public int Length { get; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Length == 0;

    /// <inheritdoc/>
    int IReadOnlyCollection<Report>.Count => Length;

    /// <summary>One report.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such report.</exception>
    public Report this[int index] => Checked(index)._rows?.At(index) ?? _odd![index];

    /// <summary>A series of the given reports, in their order.</summary>
    public static ReportSeries Create(ReadOnlySpan<Report> reports) => Empty.AddRange(reports).Trimmed();

    /// <summary>This series and one more report.</summary>
    public ReportSeries Add(Report report) => Add(report, more: 0);

    /// <summary>This series and more reports.</summary>
    public ReportSeries AddRange(params ReadOnlySpan<Report> reports)
    {
        ReportSeries series = this;
        for (int i = 0; i < reports.Length; i++)
        {
            series = series.Add(reports[i], reports.Length - 1 - i);
        }

        return series;
    }

    /// <inheritdoc cref="AddRange(ReadOnlySpan{Report})"/>
    public ReportSeries AddRange(IEnumerable<Report> reports) => AddRange([.. reports]);

    /// <summary>Some of the reports; O(1) for the first ones where all have the same metrics.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no such reports.</exception>
    public ReportSeries Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - start);
        if (length == Length || length == 0)
        {
            return length == 0 ? Empty : this;
        }

        if (start == 0 && _rows is { } rows && _numbers == (long)rows.Names.Count * Length)
        {
            return new(rows, null, length, (long)rows.Names.Count * length);
        }

        Report[] part = new Report[length];
        for (int i = 0; i < length; i++)
        {
            part[i] = this[start + i];
        }

        return Create(part);
    }

    /// <summary>Whether <paramref name="later"/> begins with all of these reports, equal to the last bit. O(1) where it was extended from this series and not moved since.</summary>
    public bool IsContinuedBy(ReportSeries later)
    {
        if (later.Length < Length || IsEmpty)
        {
            return IsEmpty;
        }

        if (_rows is not null && later._rows is not null && _rows.IsSame(later._rows, Length))
        {
            return true;
        }

        int same = 0;
        while (same < Length && IsSame(this[same], later[same]))
        {
            same++;
        }

        return same == Length;
    }

    /// <inheritdoc/>
    public IEnumerator<Report> GetEnumerator()
    {
        for (int i = 0; i < Length; i++)
        {
            yield return this[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Those of the given reports that go on from a step: the ones that grow.</summary>
    internal static IEnumerable<Report> Ascending(IEnumerable<Report> reports, long last)
    {
        foreach (Report report in reports)
        {
            if (report.Step > last)
            {
                last = report.Step;
                yield return report;
            }
        }
    }

    /// <summary>The same reports without room for others: for a series that will hardly go on.</summary>
    internal ReportSeries Trimmed() => _rows is null || _rows.Trimmed(Length) is var rows && ReferenceEquals(rows, _rows) ? this : new(rows, null, Length, _numbers);

    /// <summary>How far the trial was.</summary>
    internal long StepAt(int index) => Checked(index)._rows?.StepAt(index) ?? _odd![index].Step;

    /// <summary>When it was reported.</summary>
    internal DateTimeOffset TimeAt(int index) => Checked(index)._rows?.TimeAt(index) ?? _odd![index].At;

    /// <summary>A metric; null where it was not reported.</summary>
    internal double? ValueAt(int index, string name) => Checked(index)._rows is { } rows ? rows.ValueAt(index, name) : _odd![index].Metrics[name];

    private static bool IsSame(Report one, Report other) =>
        ReferenceEquals(one, other) || (one.Step == other.Step && one.At.EqualsExact(other.At) && one.Metrics.IsSame(other.Metrics));

    private ReportSeries Checked(int index) =>
        (uint)index < (uint)Length ? this : throw new ArgumentOutOfRangeException(nameof(index), index, $"must be below {Length}");

    private ReportSeries Add(Report report, int more)
    {
        long numbers = _numbers + report.Metrics.Count;
        ReportRows? rows = _odd is not null || !ReportRows.CanTake(report) ? null : _rows is null ? ReportRows.Of(report, more) : _rows.With(Length, report, more);
        if (rows is not null && (Length + 1L) * rows.Names.Count <= (MostCellsANumber * numbers) + AnyCells)
        {
            return new(rows, null, Length + 1, numbers);
        }

        AppendOnlyList<Report> odd = _odd ?? [.. this];
        return new(null, odd.Add(report), Length + 1, numbers);
    }
}
