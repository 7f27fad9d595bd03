using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Steering;

/// <summary>Generates the next points of one search.</summary>
/// <remarks>
/// Point n of the file is trial n, with a result or pending. What an algorithm remembers between calls is not in the file: one that remembers
/// anything is asked again for the points so far, as many at a time as are wanted now, and its answers are dropped.
/// </remarks>
internal sealed class SteeringSearch
{
    private readonly SteeringModel _model;
    private readonly SteeringRequest _request;
    private readonly ISearcher _searcher;
    private readonly SearchContext _start;
    private readonly List<Configuration> _generated = [];
    private readonly bool _isFinite;
    private readonly HashSet<Configuration> _known;

    /// <param name="model">The points so far.</param>
    /// <param name="request">What is wanted of all searches together.</param>
    /// <param name="index">Which search of the file this is, from 0.</param>
    /// <param name="searches">How many there are.</param>
    public SteeringSearch(SteeringModel model, SteeringRequest request, int index, int searches)
    {
        _model = model;
        _request = request;
        _isFinite = model.Space.Parameters.All(parameter => parameter.GridValues is not null);
        _known = [.. model.Points.Select(point => point.Configuration)];
        _searcher = SearcherRegistry.Create(request.Algorithm, request.Options, model.Space);
        _start = new()
        {
            Space = model.Space,
            Seed = request.Seed + (ulong)index,
            NextTrial = 1,
            TotalTrials = request.MaxPoints is { } most ? (most + searches - 1) / searches : null,
            Parallelism = Math.Max(1, (request.Points + searches - 1) / searches),
        };
    }

    /// <summary>How many points it is to generate.</summary>
    public int Wanted { get; set; }

    /// <summary>Points so far, and those that are wanted.</summary>
    public int Count => _model.Points.Length + _generated.Count + Wanted;

    /// <summary>Whether it has no further points.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Generates what is wanted.</summary>
    /// <returns>How many points that were.</returns>
    public int Generate()
    {
        SearchContext context = ContextOf(_model.Points.Length);
        SearchStep step = _searcher.Suggest(
            context with
            {
                NextTrial = context.NextTrial + _generated.Count,
                Pending = [.. context.Pending, .. _generated.Select((point, i) => new PendingTrial(context.NextTrial + i, point))],
                State = Replay(),
            },
            Wanted);
        IEnumerable<Configuration> points = step.Suggestions;
        if (_isFinite)
        {
            // An algorithm that draws again what is used up has no end of its own.
            points = points.Where(_known.Add);
        }

        int before = _generated.Count;
        _generated.AddRange(points);
        int added = _generated.Count - before;
        IsOver = added < Wanted || step.Status == SearchStatus.Exhausted;
        Wanted = 0;
        return added;
    }

    public void Write(Utf8JsonWriter writer)
    {
        foreach (Configuration point in _generated)
        {
            if (_model.Id is { } id)
            {
                writer.WriteStartArray();
                id.WriteTo(writer);
                point.Write(writer);
                writer.WriteEndArray();
            }
            else
            {
                point.Write(writer);
            }
        }
    }

    /// <summary>What the algorithm remembers after the points so far; null where that is nothing.</summary>
    private string? Replay()
    {
        string? state = null;
        for (int begin = 0; begin < _model.Points.Length; begin += _start.Parallelism)
        {
            SearchStep step = _searcher.Suggest(ContextOf(begin) with { State = state }, Math.Min(_start.Parallelism, _model.Points.Length - begin));
            if (step.State is null)
            {
                return null; // an algorithm without memory
            }

            state = step.State;
        }

        return state;
    }

    /// <summary>What is known when a number of points have been generated.</summary>
    private SearchContext ContextOf(int count)
    {
        (SteeringPoint Point, int Trial)[] points = [.. _model.Points.Take(count).Select((point, i) => (point, i + 1))];
        return _start with
        {
            NextTrial = count + 1,
            Observations = [.. points.Where(p => p.Point.Result != SteeringResult.Pending).Select(p => new Observation(p.Trial, p.Point.Configuration, Minimised(p.Point.Value)))],
            Pending = [.. points.Where(p => p.Point.Result == SteeringResult.Pending).Select(p => new PendingTrial(p.Trial, p.Point.Configuration))],
        };
    }

    private double? Minimised(double? value) => _request.Mode == OptimizationMode.Max ? -value : value;
}
