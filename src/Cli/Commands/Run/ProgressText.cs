using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Where an experiment stands, on one line.</summary>
internal static class ProgressText
{
    public static string Line(ExperimentView view, Pace pace)
    {
        (double? rate, TimeSpan? left) = pace.Measure(view);
        List<string> parts = [Text($"{view.Trials.Ended}/{view.NumTrials} trials"), Text($"{view.Trials.Running} running")];
        if (view.Trials.Paused > 0)
        {
            parts.Add(Text($"{view.Trials.Paused} paused"));
        }

        parts.Add(Text($"{view.Trials.Failed} failed"));
        parts.Add(view.Best is { } best ? Text($"best {view.Metric} {best.Value:G6} (trial {best.Trial})") : $"no {view.Metric} yet");
        if (rate is { } perSecond)
        {
            parts.Add(Text($"{perSecond:0.0} trials/s"));
        }

        if (left is { } time && view.EndedAt is null)
        {
            parts.Add($"{Duration(time)} left");
        }

        if (view.Status != ExperimentStatus.Running)
        {
            parts.Insert(0, view.Status.ToString().ToLowerInvariant());
        }

        return string.Join("  ", parts);
    }

    /// <summary>A time for people: <c>8 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        TimeSpan rounded = TimeSpan.FromSeconds(Math.Max(0, Math.Ceiling(time.TotalSeconds)));
        return rounded.TotalMinutes < 1 ? Text($"{rounded.Seconds} s")
            : rounded.TotalHours < 1 ? Text($"{rounded.Minutes} min {rounded.Seconds} s")
            : Text($"{(long)rounded.TotalHours} h {rounded.Minutes} min");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
