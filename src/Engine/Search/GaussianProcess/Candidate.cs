namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>A point under consideration.</summary>
/// <param name="space">The space.</param>
internal sealed class Candidate(ModelSpace space)
{
    /// <summary>A coordinate for every axis, the inactive ones included: what they would be if a change of their parent woke them. Shape [d].</summary>
    public double[] Raw { get; } = new double[space.Dimension];

    /// <summary>The point that would be evaluated: discrete coordinates in the middles of cells, NaN where inactive. Shape [d].</summary>
    public double[] Unit { get; } = new double[space.Dimension];

    /// <summary>What the kernel sees; shape [d].</summary>
    public double[] Point { get; } = new double[space.Dimension];

    /// <summary>Value of the acquisition function; higher is better.</summary>
    public double Value { get; set; } = double.NegativeInfinity;

    /// <summary>Brings <see cref="Unit"/> and <see cref="Point"/> up to date with <see cref="Raw"/>.</summary>
    public void Update()
    {
        Raw.CopyTo(Unit, 0);
        space.Axes.Canonicalise(Unit);
        space.Translate(Unit, Point);
    }

    /// <summary>A copy that can be changed.</summary>
    public Candidate Copy()
    {
        Candidate copy = new(space) { Value = Value };
        Raw.CopyTo(copy.Raw, 0);
        Unit.CopyTo(copy.Unit, 0);
        Point.CopyTo(copy.Point, 0);
        return copy;
    }
}
