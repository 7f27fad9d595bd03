namespace HpoServerless.Engine.Experiments;

/// <summary>Reports as numbers in one array, shared by the series that begin with them: 8 bytes for the time, 8 a metric, and 8 for the step where steps are not evenly spaced.</summary>
/// <remarks>Rows are written once. Only one caller wins the row after the last one; everybody else continues in a copy.</remarks>
internal sealed class ReportRows
{
    /// <summary>Stands for a metric that a report does not have: a NaN that no calculation gives.</summary>
    private const long Absent = 0x7FFC_6E6F_7468_6572;

    private readonly bool _hasSteps;
    private readonly long _first;
    private readonly long _spacing;
    private readonly long[] _cells;
    private readonly int _width;
    private int _used;

    private ReportRows(MetricNames names, bool hasSteps, long first, long spacing, int capacity)
    {
        (Names, _hasSteps, _first, _spacing) = (names, hasSteps, first, spacing);
        _width = names.Count + (hasSteps ? 2 : 1);
        _cells = new long[_width * capacity];
    }

    /// <summary>All names that reports have here.</summary>
    public MetricNames Names { get; }

    private int Capacity => _cells.Length / _width;

    /// <summary>Whether a report can stand here among others, nothing of it lost.</summary>
    public static bool CanTake(Report report) => report.At.Offset == TimeSpan.Zero;

    /// <summary>A row for the first report of a series.</summary>
    /// <param name="report">The report.</param>
    /// <param name="more">How many will follow it.</param>
    public static ReportRows Of(Report report, int more)
    {
        ReportRows rows = new(report.Metrics.Names, hasSteps: false, report.Step, spacing: 1, 1 + more) { _used = 1 };
        rows.Put(0, report);
        return rows;
    }

    /// <summary>The first rows and one more.</summary>
    /// <param name="count">How many of the rows here; at least 1.</param>
    /// <param name="report">What comes after them.</param>
    /// <param name="more">How many will follow it.</param>
    /// <returns>Null where its metrics are in another order than those of earlier reports.</returns>
    public ReportRows? With(int count, Report report, int more)
    {
        bool isEven = report.Step == StepAfter(count);
        MetricNames? names = Names.Covers(report.Metrics.Names) ? Names : Names.With(report.Metrics.Names);
        if (names is null)
        {
            return null;
        }

        bool fits = ReferenceEquals(names, Names) && (isEven || _hasSteps) && count < Capacity;
        ReportRows rows = this;
        if (!fits || Interlocked.CompareExchange(ref _used, count + 1, count) != count)
        {
            // Two reports say how steps are spaced. Room is scarce: most series are short, or given all at once.
            long spacing = count == 1 ? report.Step - _first : _spacing;
            rows = Copy(count, names, _hasSteps || (count > 1 && !isEven), spacing, count + 1 + Math.Max(more, count / 2), used: count + 1);
        }

        rows.Put(count, report);
        return rows;
    }

    /// <summary>The first rows without room for others.</summary>
    public ReportRows Trimmed(int count) => count == Capacity ? this : Copy(count, Names, _hasSteps, _spacing, count, count);

    public Report At(int index) => new(StepAt(index), MetricsAt(index), TimeAt(index));

    public long StepAt(int index) => _hasSteps ? _cells[(index * _width) + 1] : StepAfter(index);

    public DateTimeOffset TimeAt(int index) => new(_cells[index * _width], TimeSpan.Zero);

    /// <summary>A metric of one report; null where it does not have it.</summary>
    public double? ValueAt(int index, string name) =>
        Names.IndexOf(name) is >= 0 and var position && Numbers(index)[position] is not Absent and var bits ? BitConverter.Int64BitsToDouble(bits) : null;

    /// <summary>Whether the first rows are the same, to the last bit, and stand in the same form.</summary>
    public bool IsSame(ReportRows other, int count) =>
        ReferenceEquals(this, other) || ((_hasSteps, _width, _first) == (other._hasSteps, other._width, other._first) && (_spacing == other._spacing || count == 1)
            && Names.IsSame(other.Names) && _cells.AsSpan(0, count * _width).SequenceEqual(other._cells.AsSpan(0, count * _width)));

    private long StepAfter(int count) => unchecked(_first + (count * _spacing));

    private Span<long> Numbers(int index) => _cells.AsSpan(((index + 1) * _width) - Names.Count, Names.Count);

    private Metrics MetricsAt(int index)
    {
        Span<long> numbers = Numbers(index);
        int absent = numbers.Count(Absent);
        double[] values = new double[numbers.Length - absent];
        string[]? names = absent == 0 ? null : new string[values.Length];
        for (int i = 0, next = 0; i < numbers.Length; i++)
        {
            if (numbers[i] != Absent)
            {
                names?[next] = Names[i];
                values[next++] = BitConverter.Int64BitsToDouble(numbers[i]);
            }
        }

        return new(names is null ? Names : new(names), values);
    }

    private ReportRows Copy(int count, MetricNames names, bool hasSteps, long spacing, int capacity, int used)
    {
        ReportRows copy = new(names, hasSteps, _first, spacing, capacity) { _used = used };
        if (copy._width == _width && ReferenceEquals(names, Names))
        {
            _cells.AsSpan(0, count * _width).CopyTo(copy._cells);
            return copy;
        }

        for (int i = 0; i < count; i++)
        {
            copy.Put(i, At(i));
        }

        return copy;
    }

    private void Put(int index, Report report)
    {
        _cells[index * _width] = report.At.Ticks;
        if (_hasSteps)
        {
            _cells[(index * _width) + 1] = report.Step;
        }

        Span<long> numbers = Numbers(index);
        MetricNames given = report.Metrics.Names;
        for (int i = 0, next = 0; i < numbers.Length; i++)
        {
            bool isGiven = next < given.Count && (ReferenceEquals(given, Names) || given[next] == Names[i]);
            long bits = isGiven ? BitConverter.DoubleToInt64Bits(report.Metrics.Values[next++]) : Absent;
            numbers[i] = isGiven && bits == Absent ? BitConverter.DoubleToInt64Bits(double.NaN) : bits;
        }
    }
}
