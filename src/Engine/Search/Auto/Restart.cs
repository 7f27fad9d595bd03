namespace HpoServerless.Engine.Search.Auto;

/// <summary>A search that begins anew in the middle of an experiment: it sees its own trials alone, numbered from 1.</summary>
/// <remarks>Of every four trials since then, three are its own; the number of a trial decides.</remarks>
/// <param name="since">First trial since then.</param>
/// <param name="number">Which restart this is.</param>
internal sealed class Restart(int since, int number)
{
    private const int Period = 4;

    /// <summary>Whether a trial is its own.</summary>
    public bool Owns(int trial) => trial >= since && trial % Period != 0;

    /// <summary>What a model sees of the experiment from there.</summary>
    /// <param name="context">The experiment.</param>
    /// <param name="trial">Number of the next trial; its own.</param>
    /// <param name="state">State of the model.</param>
    public SearchContext View(SearchContext context, int trial, string? state) => context with
    {
        Seed = context.Seed + ((ulong)number * 0x9E3779B97F4A7C15),
        NextTrial = Renumber(trial),
        Observations = [.. context.Observations.Where(observation => Owns(observation.Trial)).Select(observation => observation with { Trial = Renumber(observation.Trial) })],
        Pending = [.. context.Pending.Where(pending => Owns(pending.Trial)).Select(pending => pending with { Trial = Renumber(pending.Trial) })],
        State = state,
    };

    /// <summary>Its own trials up to this one.</summary>
    private int Renumber(int trial) => trial - since + 1 - ((trial / Period) - ((since - 1) / Period));
}
