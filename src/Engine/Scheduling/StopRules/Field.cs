namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>One trial and the others that got to the same step. Smaller is better; infinite are those that had no value up to there.</summary>
internal readonly struct Field
{
    private readonly List<double> _sorted;
    private readonly int _own;

    /// <param name="own">How the trial stands.</param>
    /// <param name="sorted">How all of them stand, the trial included, ascending; not to be changed while this is used.</param>
    public Field(double own, List<double> sorted)
    {
        Own = own;
        _sorted = sorted;
        _own = sorted.BinarySearch(own);
    }

    /// <summary>How the trial stands.</summary>
    public double Own { get; }

    /// <summary>How many others there are.</summary>
    public int Others => _sorted.Count - 1;

    /// <summary>The best of the others; there must be one.</summary>
    public double BestOfOthers => Other(0);

    /// <summary>How many, the trial included, stand no better than it.</summary>
    public int NotBetter
    {
        get
        {
            int first = _own;
            while (first > 0 && _sorted[first - 1] == Own)
            {
                first--;
            }

            return _sorted.Count - first;
        }
    }

    /// <summary>A quantile of the others by linear interpolation; there must be one. Between one with a value and one without, it is the value.</summary>
    /// <param name="share">In [0, 1]; 0 is the best.</param>
    public double QuantileOfOthers(double share)
    {
        double position = share * (Others - 1);
        int below = (int)position;
        double fraction = position - below;
        return fraction == 0 || double.IsInfinity(Other(below + 1)) ? Other(below) : Other(below) + (fraction * (Other(below + 1) - Other(below)));
    }

    private double Other(int index) => _sorted[index < _own ? index : index + 1];
}
