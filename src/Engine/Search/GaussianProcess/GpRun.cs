using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>One call of <see cref="GpSearcher"/>: its models, and the choice of one point after another by them.</summary>
/// <remarks>Models are made when a trial first needs them. Running trials, those of this call included, are believed to end at the model's mean.</remarks>
internal sealed class GpRun
{
    /// <summary>Observations that a model takes at most; beyond them <see cref="TrainingSet.Limit"/> chooses.</summary>
    private const int MostObservations = 240;

    /// <summary>Improvement that exploring trials look for, in distances of the median from the best.</summary>
    private const double WorthSpeakingOf = 0.01;

    private readonly GpOptions _options;
    private readonly GpState _state;
    private readonly ModelSpace _space;
    private readonly SuggestionBatch _batch;
    private readonly TrainingSet _data;
    private readonly ModeSchedule _schedule;
    private readonly TrustRegion _region;
    private readonly Feasibility _feasibility;
    private readonly Dictionary<SearchMode, Scene> _scenes = [];

    public GpRun(ModelSpace space, SearchHistory history, GpOptions options, GpState state, SuggestionBatch batch, int initial)
    {
        (_space, _options, _state, _batch) = (space, options, state, batch);
        _data = TrainingSet.Of(space, history);
        _schedule = new(_data, initial, options.UsesTrustRegion);
        _region = new(_data, _schedule.IsLocal, state.Fits.GetValueOrDefault(nameof(SearchMode.Local))?.Vector);
        _feasibility = Feasibility.Fit(space, history, state.Fits, MostObservations);
    }

    /// <summary>Chooses a point and adds it to the batch.</summary>
    /// <param name="random">Stream of the trial.</param>
    /// <returns>False if every candidate is taken.</returns>
    public bool TryAdd(SeededRandom random)
    {
        SearchMode mode = _schedule.Of(_batch.NextTrial);
        Scene scene = SceneOf(mode);
        AcquisitionFunction function = _options.AcquisitionFunction;
        List<Candidate> ranked;
        if (function == AcquisitionFunction.Hedge)
        {
            (function, ranked) = Hedge.Draw(each => Rank(scene, each, random), _state, random);
        }
        else
        {
            ranked = Rank(scene, function, random);
        }

        foreach (Candidate candidate in ranked)
        {
            if (_batch.TryAdd(candidate.Unit, Reason(mode, function)))
            {
                foreach (Scene each in _scenes.Values)
                {
                    each.Believe(candidate.Point);
                }

                return true;
            }
        }

        return false;
    }

    private static string NameOf(AcquisitionFunction function) => function switch
    {
        AcquisitionFunction.LowerConfidenceBound => "lowest confidence bound",
        AcquisitionFunction.ProbabilityOfImprovement => "highest probability of improvement",
        _ => "highest expected improvement",
    };

    private string Reason(SearchMode mode, AcquisitionFunction function)
    {
        string name = NameOf(function) + (_options.AcquisitionFunction == AcquisitionFunction.Hedge ? ", this measure's turn by its gains," : string.Empty);
        string model = $"model of {_data.Count} results:";
        return mode switch
        {
            SearchMode.Local or SearchMode.LocalStraight => string.Create(null, $"{model} {name} within {_region.Length:0.###} of trial {_data.Trial(_region.Centre)}"),
            SearchMode.Explore => $"{model} highest expected improvement away from where the search has converged",
            _ => $"{model} {name.TrimEnd(',')}",
        };
    }

    private List<Candidate> Rank(Scene scene, AcquisitionFunction function, SeededRandom random)
    {
        List<double[]> seeds = [.. _data.ByRank.Take(5).Select(_data.Unit)];
        AcquisitionSearch search = new(_space, random, scene.Lower, scene.Upper);
        return search.Run(scene.Value(function, _feasibility, _options.Kappa, random), seeds, 400, 4, 30);
    }

    private Scene SceneOf(SearchMode mode)
    {
        if (!_scenes.TryGetValue(mode, out Scene? scene))
        {
            bool isLocal = mode is SearchMode.Local or SearchMode.LocalStraight;
            TrainingSet data = isLocal
                ? _data.Take(_data.Nearest(_data.Point(_region.Centre).ToArray(), _region.Scales, 20 + (8 * _space.Dimension)).Take(MostObservations))
                : _data.Limit(MostObservations);
            GpPrior prior = mode switch
            {
                SearchMode.LocalStraight => GpPrior.Straight(_space.IsNominal),
                SearchMode.Explore => GpPrior.Stiff(_space.IsNominal),
                _ => GpPrior.Bending(_space.IsNominal),
            };
            Surrogate surrogate = Surrogate.Fit(_space, data.Points, data.Values, prior, _state.Fits, mode.ToString(), _data.Count, _batch.Running.Count + 16);
            if (_options.AcquisitionFunction == AcquisitionFunction.Hedge && _scenes.Count == 0)
            {
                Hedge.Reward(surrogate.Model, _state);
            }

            double margin = _options.Xi + (mode == SearchMode.Explore ? WorthSpeakingOf : 0);
            scene = isLocal
                ? new(surrogate.Model, data, margin, _region.Lower, _region.Upper)
                : new(surrogate.Model, data, margin, new double[_space.Dimension], [.. Enumerable.Repeat(1.0, _space.Dimension)]);
            foreach (double[] running in _batch.Running)
            {
                double[] point = new double[_space.Dimension];
                _space.Translate(running, point);
                scene.Believe(point);
            }

            _scenes[mode] = scene;
        }

        return scene;
    }
}
