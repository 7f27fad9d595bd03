using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>Chooses the configurations of trials that go on from others.</summary>
internal interface IExplorer : ISpaceRules
{
    /// <summary>Begins to choose in one call of the scheduler.</summary>
    /// <param name="context">All that is known.</param>
    /// <param name="curves">What the trials reported so far.</param>
    IExploration Open(SchedulerContext context, CurveTable curves);
}

/// <summary>Chooses configurations in one call of a scheduler, one after the other. Mutable: it may take into account what it chose before.</summary>
internal interface IExploration
{
    /// <summary>The new configuration of a trial; it lies inside the space.</summary>
    Configuration Explore(Succession succession);
}

/// <summary>A trial that goes on from another one.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Step">How far it is.</param>
/// <param name="Donor">The other trial.</param>
internal readonly record struct Succession(int Trial, long Step, int Donor);
