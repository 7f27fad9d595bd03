using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores;

/// <summary>The trials of one experiment by number: trial n at index n - 1. Not safe for many threads.</summary>
internal sealed class TrialTable
{
    private readonly List<Trial?> _trials = [];

    public Trial? Find(int number) => number >= 1 && number <= _trials.Count ? _trials[number - 1] : null;

    public void Put(Trial trial)
    {
        while (_trials.Count < trial.Number)
        {
            _trials.Add(null);
        }

        _trials[trial.Number - 1] = trial;
    }

    public Page<Trial> List(PageRequest page) => Paging.Trials(page, _trials.Count, Find);
}
