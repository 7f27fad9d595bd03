using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Steering;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>Evaluates the points of a search that iDDS keeps: fetches those without a loss, runs some at a time, tells their losses, and begins anew.</summary>
/// <remarks>A loss is told before further points are begun, so an interruption costs what runs and nothing else: the next worker finds the rest.</remarks>
internal sealed class IddsWorker(CliContext context, LoadedProject project, IddsJob job, string dataFolder)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Evaluation _evaluation = new(context, project, dataFolder);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private int _evaluated;
    private double? _best;

    /// <summary>Works until no point is left and none is made any more, or the time is over.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="IddsException">iDDS refuses, or does not answer.</exception>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using IddsClient client = new(job.Connection, context.Time, context.IsErrorTerminal ? context.Error.WriteLine : null);
        long begin = context.Time.GetTimestamp();
        long idle = begin;
        bool isLate = false;
        for (TimeSpan pause = ShortestPause; !isLate; isLate = context.Time.GetElapsedTime(begin) >= job.Time)
        {
            ImmutableArray<IddsPoint> points = await client.PointsAsync(job.Search, cancellation);
            _best = points.Min(point => point.Loss) ?? _best;
            ImmutableArray<IddsPoint> open = [.. points.Where(point => !point.IsEvaluated && !_failed.Contains(point.Id)).Take(job.Concurrent ?? project.Document.Hpo.MaxConcurrent)];
            if (open.IsEmpty)
            {
                // New points are only made when none is unevaluated: with a failed one among them, waiting is in vain.
                if ((_failed.Count > 0 && job.FailedLoss is null) || context.Time.GetElapsedTime(idle) + pause > job.Wait)
                {
                    break;
                }

                await Task.Delay(pause, context.Time, cancellation);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                continue;
            }

            await EvaluateAsync(client, open, cancellation);
            (idle, pause) = (context.Time.GetTimestamp(), ShortestPause);
        }

        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{job.Search}: {_evaluated} points evaluated, {_failed.Count} failed{(isLate ? ", the time is over" : string.Empty)}{(_best is { } loss ? $"; the smallest loss is {loss:R}" : string.Empty)}"));
        return _failed.Count > 0 && job.FailedLoss is null ? ExitCode.Failed : ExitCode.Done;
    }

    private async Task EvaluateAsync(IddsClient client, ImmutableArray<IddsPoint> points, CancellationToken cancellation)
    {
        List<(IddsPoint Point, Configuration Configuration)> good = [];
        foreach (IddsPoint point in points)
        {
            try
            {
                good.Add((point, PointList.Parse(point.Parameters, $"point {point.Id}", project.Document.Space) is [var one] ? one : throw NotOne(point)));
            }
            catch (InvalidInputException error)
            {
                await FailAsync(client, point, string.Join("; ", error.Faults), cancellation);
            }
        }

        if (good.Count == 0)
        {
            return;
        }

        EvaluationResult result = await _evaluation.RunAsync([.. good.Select(pair => pair.Configuration)], good.Count, cancellation);
        foreach ((IddsPoint point, EvaluatedPoint evaluated) in good.Select(pair => pair.Point).Zip(result.Points))
        {
            if (evaluated.Loss is { } loss)
            {
                await client.UpdateAsync(job.Search, point.Id, loss, cancellation);
                _evaluated++;
                _best = Math.Min(_best ?? loss, loss);
                context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"point {point.Id}: loss {loss:R}: {evaluated.Point.ToJson()}"));
            }
            else
            {
                await FailAsync(client, point, evaluated.Error!, cancellation);
            }
        }
    }

    private static InvalidInputException NotOne(IddsPoint point) => new(new Fault($"point {point.Id}", point.Parameters.GetRawText(), "must be one object {hyperparameter: value}"));

    private async Task FailAsync(IddsClient client, IddsPoint point, string error, CancellationToken cancellation)
    {
        _failed.Add(point.Id);
        context.Error.WriteLine($"error: point {point.Id}: {error.ReplaceLineEndings(" ")}");
        if (job.FailedLoss is { } loss)
        {
            await client.UpdateAsync(job.Search, point.Id, loss, cancellation);
        }
    }
}
