namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>What a trial of <see cref="GpSearcher"/> is for.</summary>
internal enum SearchMode
{
    /// <summary>The best acquisition value anywhere, by the model of all values as they bend best.</summary>
    Global,

    /// <summary>The same in a trust region around the best point, by a model of the points nearest to it.</summary>
    Local,

    /// <summary>As <see cref="Local"/>, by a model of the values as they are: polynomials stay polynomials.</summary>
    LocalStraight,

    /// <summary>An improvement worth speaking of, anywhere, by a model that does not look at the lowest values through a magnifying glass.</summary>
    Explore,
}
