using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>Divides the results into good and bad ones, and weighs them.</summary>
/// <remarks>
/// Good are the best γ n, at least <see cref="FewestGood"/> and at most <see cref="MostGood"/>; they weigh ln(m + 1/2) - ln(rank - 1/2), as the
/// parents of an evolution strategy do (N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772, eq. 49), which does not change
/// when the objective is transformed. All others are bad, with equal weights; of more than <see cref="MostBad"/> of them, the better half
/// stays and every so-manieth of the rest weighs for its neighbours, so that time a suggestion stays bounded.
/// </remarks>
internal sealed class TpeSplit
{
    /// <summary>Fewest good results.</summary>
    public const int FewestGood = 2;

    /// <summary>Most good results.</summary>
    public const int MostGood = 25;

    /// <summary>Most bad results that get a kernel.</summary>
    public const int MostBad = 160;

    private readonly List<double[]> _bad = [];
    private readonly List<double> _badWeights = [];
    private double[][] _good = [];
    private double[] _goodWeights = [];

    /// <summary>Shape [m][d].</summary>
    public ReadOnlySpan<double[]> Good => _good;

    /// <summary>Shape [m]; 1 on average.</summary>
    public ReadOnlySpan<double> GoodWeights => _goodWeights;

    /// <summary>Shape [..][d].</summary>
    public ReadOnlySpan<double[]> Bad => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bad);

    /// <summary>Shape of <see cref="Bad"/>.</summary>
    public ReadOnlySpan<double> BadWeights => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_badWeights);

    /// <summary>Divides anew.</summary>
    /// <param name="ranked">All results, best first; at least <see cref="FewestGood"/>.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="isFront">Whether several objectives count: then there may be twice as many good ones, because they must cover a front.</param>
    public void Divide(IReadOnlyList<EvaluatedPoint> ranked, double gamma, bool isFront = false)
    {
        int good = Math.Clamp((int)Math.Ceiling(gamma * ranked.Count), FewestGood, isFront ? 2 * MostGood : MostGood);
        if (_good.Length != good)
        {
            _good = new double[good][];
            _goodWeights = new double[good];
        }

        double sum = 0;
        for (int i = 0; i < good; i++)
        {
            _good[i] = ranked[i].Unit;
            _goodWeights[i] = Math.Log((good + 0.5) / (i + 0.5));
            sum += _goodWeights[i];
        }

        foreach (ref double weight in _goodWeights.AsSpan())
        {
            weight *= good / sum;
        }

        _bad.Clear();
        _badWeights.Clear();
        int bad = ranked.Count - good;
        int next = bad <= MostBad ? bad : MostBad / 2;
        for (int i = 0; i < next; i++)
        {
            AddBad(ranked[good + i].Unit);
        }

        int rest = bad - next;
        for (int i = 0; i < Math.Min(rest, MostBad / 2); i++)
        {
            AddBad(ranked[good + next + (int)((i + 0.5) * rest / (MostBad / 2))].Unit, rest / (MostBad / 2.0));
        }
    }

    /// <summary>Adds one more bad point: a running trial that is expected to be nothing special.</summary>
    public void AddBad(double[] unit, double weight = 1)
    {
        _bad.Add(unit);
        _badWeights.Add(weight);
    }
}
