namespace HpoServerless.Engine.Experiments;

/// <summary>How an experiment goes on from an earlier one.</summary>
public enum WarmStartStrategy
{
    /// <summary>Its own algorithm in its own search space learns from the earlier results.</summary>
    Resume,

    /// <summary>The earlier experiment's algorithm, with its options and in its search space, goes on.</summary>
    Continue,
}
