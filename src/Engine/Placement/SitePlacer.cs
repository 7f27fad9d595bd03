using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Placement;

/// <summary>Gives segments to sites, one after another, as long as there are free slots. Made anew for every turn.</summary>
/// <remarks>A function of the state and of what the sites say; cost: O(running trials) to make, O(sites) a segment.</remarks>
internal sealed class SitePlacer
{
    private readonly ExperimentState _state;
    private readonly List<Place> _places = [];
    private int _left;

    /// <param name="state">The experiment.</param>
    /// <param name="slots">What the sites say; one that is not among them takes any number.</param>
    public SitePlacer(ExperimentState state, IReadOnlyCollection<SiteSlots> slots)
    {
        _state = state;
        ExperimentDefinition definition = state.Definition;
        Dictionary<string, int> running = [];
        foreach (int number in state.Running)
        {
            string site = state.TrialAt(number).Site ?? definition.Site;
            running[site] = running.GetValueOrDefault(site) + 1;
        }

        foreach (ExperimentSite site in definition.AllSites)
        {
            int? there = slots.FirstOrDefault(known => known.Site == site.Name)?.Slots;
            int free = definition.QueueSizes.Free(running.GetValueOrDefault(site.Name), there, Math.Min(site.Slots ?? int.MaxValue, definition.MaxConcurrent));
            _places.Add(new(site, free, Math.Max(1, Math.Min(there ?? int.MaxValue, Math.Min(site.Slots ?? int.MaxValue, definition.MaxConcurrent)))));
        }

        _left = Math.Max(0, definition.MaxConcurrent - state.Running.Count);
    }

    /// <summary>How many segments may be placed.</summary>
    public int Free => (int)Math.Min(_left, _places.Sum(place => (long)Math.Max(0, place.Free)));

    /// <summary>Takes a slot for a segment.</summary>
    /// <param name="trial">The trial; null for a new one.</param>
    /// <returns>Name of the site: where no slot is free, the one that is least overrun.</returns>
    public string Take(Trial? trial)
    {
        Place chosen = _places
            .OrderByDescending(place => place.Free > 0)
            .ThenBy(place => trial?.LostAt.Contains(place.Site.Name) == true)
            .ThenBy(place => _state.Definition.Placement switch
            {
                PlacementPolicy.Cheapest => place.Site.CostPerHour,
                PlacementPolicy.Fastest => _state.Usage.GetValueOrDefault(place.Site.Name)?.Speed is { } speed ? -speed : double.NegativeInfinity,
                _ => -(double)place.Free / place.Size,
            })
            .First();
        chosen.Free--;
        _left--;
        return chosen.Site.Name;
    }

    private sealed class Place(ExperimentSite site, int free, int size)
    {
        public ExperimentSite Site => site;

        public int Free { get; set; } = free;

        public int Size => size;
    }
}
