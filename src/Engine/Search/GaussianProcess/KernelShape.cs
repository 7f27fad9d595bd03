namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>How correlation falls with distance.</summary>
internal enum KernelShape
{
    /// <summary>Matérn with smoothness 5/2: two derivatives.</summary>
    Matern52,

    /// <summary>Squared exponential: all derivatives.</summary>
    SquaredExponential,
}
