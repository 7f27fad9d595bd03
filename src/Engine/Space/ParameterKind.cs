namespace HpoServerless.Engine.Space;

/// <summary>What a model may assume about the values of a parameter.</summary>
public enum ParameterKind
{
    /// <summary>One value only: nothing to search.</summary>
    Constant,

    /// <summary>Any double of a range; distances mean something.</summary>
    Continuous,

    /// <summary>Consecutive integers.</summary>
    Integer,

    /// <summary>Real numbers on a grid of step q; distances mean something.</summary>
    Ordinal,

    /// <summary>Categories without order.</summary>
    Nominal,
}
