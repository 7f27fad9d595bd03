using System.Collections.Immutable;

namespace HpoServerless.Engine.Stopping;

/// <summary>All stoppers, in the order in which they are asked. Each applies only where its rule is given.</summary>
internal static class StopperRegistry
{
    public static ImmutableArray<IStopper> All { get; } =
    [
        new TargetStopper(),
        new FailureRateStopper(),
        new PlateauStopper(),
        new TimeStopper(),
        new CostStopper(),
    ];
}
