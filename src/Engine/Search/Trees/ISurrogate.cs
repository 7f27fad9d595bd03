using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Learns what a configuration would score.</summary>
internal interface ISurrogate
{
    /// <summary>In words, for reasons: "10 extra trees".</summary>
    string Description { get; }

    /// <summary>Learns from rows.</summary>
    /// <param name="data">At least one row.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>The model.</returns>
    IPrediction Fit(TrainingSet data, SeededRandom random);
}

/// <summary>What was learnt.</summary>
internal interface IPrediction
{
    /// <summary>Mean and standard deviation of what is believed of a point.</summary>
    /// <param name="row">Shape [d], in the coordinates of <see cref="TrainingSet"/>.</param>
    (double Mean, double Deviation) At(ReadOnlySpan<double> row);
}
