using System.Collections.Immutable;

namespace HpoServerless.Adapters.Executors.Machine;

/// <summary>What one segment has of this machine.</summary>
/// <param name="Cards">Graphics cards; empty for none.</param>
/// <param name="Cores">Processor cores; empty where it shares them all.</param>
/// <param name="Wish">What it asked for.</param>
internal sealed record MachineShare(ImmutableArray<string> Cards, ImmutableArray<int> Cores, ResourceWish Wish)
{
    /// <summary>Whether a worker that was started with the other one has the right surroundings for this one.</summary>
    public bool IsLike(MachineShare? other) => other is not null && Cards.SequenceEqual(other.Cards) && Cores.SequenceEqual(other.Cores) && Wish == other.Wish;
}

/// <summary>How many cards and cores a trial asks for: 0, a part of one, or a whole number.</summary>
internal readonly record struct ResourceWish(double Cards, double Cores);
