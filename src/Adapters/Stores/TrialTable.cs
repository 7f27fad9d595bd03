using System.Collections.Immutable;
using System.Globalization;
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

    public Page<Trial> List(PageRequest page)
    {
        int size = Paging.CheckSize(page);
        ImmutableArray<Trial>.Builder items = ImmutableArray.CreateBuilder<Trial>();
        for (int i = Paging.LastTrial(page); i < _trials.Count; i++)
        {
            if (_trials[i] is not { } trial)
            {
                continue;
            }

            if (items.Count == size)
            {
                return new(items.ToImmutable(), items[^1].Number.ToString(CultureInfo.InvariantCulture));
            }

            items.Add(trial);
        }

        return new(items.ToImmutable());
    }
}
