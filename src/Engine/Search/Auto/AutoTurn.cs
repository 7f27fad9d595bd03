namespace HpoServerless.Engine.Search.Auto;

/// <summary>Whose turn a trial is where <see cref="AutoSearcher"/> searches with a model.</summary>
internal enum AutoTurn
{
    /// <summary>The model of everything.</summary>
    Whole,

    /// <summary>Steps of a population, which no model leads.</summary>
    Steps,

    /// <summary>A part of the space that does not hold the best result.</summary>
    Branch,

    /// <summary>A search that began anew.</summary>
    Restart,

    /// <summary>The way straight down from the best result.</summary>
    Polish,
}
