using System.Collections.Immutable;
using System.Globalization;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>A bracket that is played: one level at a time.</summary>
internal sealed record Bracket
{
    /// <summary>Number of the bracket, from 0.</summary>
    public required int Iteration { get; init; }

    /// <summary>Which of its levels is played, from 0.</summary>
    public int Level { get; init; }

    /// <summary>Trials of the level: those that advanced to it, best first, then those that were started at it, by number.</summary>
    public ImmutableArray<int> Members { get; init; } = [];

    /// <summary>How many trials are still to be started at this level.</summary>
    public int Places { get; init; }

    /// <summary>How the trials of the level before were compared; null at the first level.</summary>
    public LevelCut? Cut { get; init; }

    /// <summary>Trials that did not advance, best first, while some of them still have to be stopped.</summary>
    public ImmutableArray<int> Losers { get; init; } = [];

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    public static Bracket Parse(string text)
    {
        string[] fields = text.Split(' ');
        return new()
        {
            Iteration = Whole(0),
            Level = Whole(1),
            Places = Whole(2),
            Members = TrialNumbers.Parse(fields[3]),
            Losers = TrialNumbers.Parse(fields[4]),
            Cut = fields.Length == 5 ? null : new(Whole(5), Whole(6), Whole(7), Whole(8), fields.Length == 9 ? null : double.Parse(fields[9], CultureInfo.InvariantCulture)),
        };

        int Whole(int i) => int.Parse(fields[i], CultureInfo.InvariantCulture);
    }

    /// <summary>Its fields with spaces between them.</summary>
    public string ToText()
    {
        string cut = Cut is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" {Cut.Advanced} {Cut.Compared} {Cut.Failed} {Cut.Filled}");
        string value = Cut?.CutOff is { } cutOff ? string.Create(CultureInfo.InvariantCulture, $" {cutOff:R}") : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{Iteration} {Level} {Places} {TrialNumbers.ToText(Members)} {TrialNumbers.ToText(Losers)}{cut}{value}");
    }
}

/// <summary>How the trials of a level were compared.</summary>
/// <param name="Advanced">How many advanced.</param>
/// <param name="Compared">How many had a result.</param>
/// <param name="Failed">How many had none, because they failed or were stopped by others.</param>
/// <param name="Filled">How many places of the next level go to new trials.</param>
/// <param name="CutOff">Minimised value of the last one that advanced; null where nothing finite was compared by it.</param>
internal sealed record LevelCut(int Advanced, int Compared, int Failed, int Filled, double? CutOff);
