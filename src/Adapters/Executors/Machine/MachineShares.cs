using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Machine;

/// <summary>The cards and cores of a site on this machine, given to segments and taken back.</summary>
internal sealed class MachineShares(MachineOptions options)
{
    public const string Card = "gpu";
    public const string Core = "cpu";

    private readonly Lock _gate = new();
    private readonly UnitPool<string> _cards = new(options.Cards, options.JobsOfCards.IsEmpty ? [.. options.Cards.Select(_ => options.JobsPerCard)] : options.JobsOfCards);
    private readonly UnitPool<int> _cores = new(options.Cores, [.. options.Cores.Select(static _ => 1)]);

    /// <summary>Takes what a segment may use.</summary>
    /// <param name="limits">What its experiment asks for.</param>
    /// <param name="warm">What a worker that waits for it was started with; null where there is none.</param>
    /// <returns>Null where it must wait until others give something back.</returns>
    public MachineShare? Take(TrialLimits limits, MachineShare? warm)
    {
        ResourceWish wish = WishOf(limits);
        lock (_gate)
        {
            if (_cards.Take(wish.Cards, warm?.Cards ?? []) is not { } cards)
            {
                return null;
            }

            if (_cores.Take(wish.Cores, warm?.Cores ?? []) is { } cores)
            {
                return new(cards, cores, wish);
            }

            _cards.GiveBack(wish.Cards, cards);
            return null;
        }
    }

    public void GiveBack(MachineShare share)
    {
        lock (_gate)
        {
            _cards.GiveBack(share.Wish.Cards, share.Cards);
            _cores.GiveBack(share.Wish.Cores, share.Cores);
        }
    }

    /// <summary>What can never be met here.</summary>
    public ImmutableArray<Fault> Refuses(TrialLimits limits)
    {
        ResourceWish wish = WishOf(limits);
        return [.. Faults()];

        IEnumerable<Fault> Faults()
        {
            if (_cards.WhyNever(wish.Cards, "graphics cards") is { } noCards)
            {
                yield return new($"resource.{Card}", $"{wish.Cards}", noCards);
            }

            if (_cores.WhyNever(wish.Cores, "processor cores") is { } noCores)
            {
                yield return new($"resource.{Core}", $"{wish.Cores}", noCores);
            }
        }
    }

    /// <summary>How many segments of an experiment fit at the same time, if no other has any.</summary>
    public int Capacity(TrialLimits limits)
    {
        ResourceWish wish = WishOf(limits);
        int most = options.Parallel ?? int.MaxValue;
        most = Math.Min(most, _cards.Capacity(wish.Cards) ?? int.MaxValue);
        most = Math.Min(most, _cores.Capacity(wish.Cores) ?? int.MaxValue);
        return most == int.MaxValue ? Math.Max(1, options.Cores.Length) : most;
    }

    private ResourceWish WishOf(TrialLimits limits) => new(
        limits.Resource?.TryGetValue(Card, out double cards) == true ? cards : options.HasCards ? 1 : 0,
        limits.Resource?.TryGetValue(Core, out double cores) == true ? cores : options.CoresPerJob ?? 0);
}
