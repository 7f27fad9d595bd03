using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Scheduling;

/// <summary>Reports of all trials as trial schedulers see them, in the order in which they were folded. Immutable.</summary>
/// <remarks>
/// <para>Those of an experiment are read from its trials whenever they are asked for: a list that is kept costs 8 bytes a report and O(log trials) a look. Those that are given one by one are kept themselves.</para>
/// <para><see cref="IsContinuedBy"/> tells in O(1) that a later list merely continues an earlier one: what was computed from the earlier can be extended.</para>
/// </remarks>
[CollectionBuilder(typeof(ScheduledReports), nameof(Create))]
public sealed class ScheduledReports : IReadOnlyList<ScheduledReport>
{
    private readonly AppendOnlyList<ReportPlace> _places;
    private readonly AppendOnlyList<ScheduledReport> _given;
    private readonly ExperimentDefinition? _definition;
    private readonly ImmutableList<Trial> _trials;

    /// <summary>The reports of an experiment.</summary>
    /// <param name="definition">Says by what trials are compared.</param>
    /// <param name="trials">All trials; trial n at index n - 1.</param>
    /// <param name="places">Where the reports stand, in the order in which they were folded.</param>
    internal ScheduledReports(ExperimentDefinition definition, ImmutableList<Trial> trials, AppendOnlyList<ReportPlace> places) =>
        (_definition, _trials, _places, _given) = (definition, trials, places, []);

    private ScheduledReports(AppendOnlyList<ScheduledReport> given) => (_trials, _places, _given) = ([], [], given);

    /// <inheritdoc/>
    public int Count => _definition is null ? _given.Count : _places.Count;

    /// <inheritdoc/>
    public ScheduledReport this[int index]
    {
        get
        {
            if (_definition is null)
            {
                return _given[index];
            }

            (int trial, int row) = _places[index];
            return ScheduledReport.Of(trial, _trials[trial - 1].Reports, row, _definition);
        }
    }

    /// <summary>A list of the given reports, in their order.</summary>
    public static ScheduledReports Create(ReadOnlySpan<ScheduledReport> reports) => new(AppendOnlyList.Create(reports));

    /// <summary>This list and one more report. O(1) amortised for those that were given themselves.</summary>
    public ScheduledReports Add(ScheduledReport report) => new((_definition is null ? _given : [.. this]).Add(report));

    /// <summary>Whether <paramref name="later"/> is known to begin with this whole list, because it was extended from it. Costs O(log n) at most.</summary>
    public bool IsContinuedBy(ScheduledReports later) =>
        _definition is null ? later._definition is null && _given.IsContinuedBy(later._given) : _places.IsContinuedBy(later._places);

    /// <inheritdoc/>
    public IEnumerator<ScheduledReport> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
