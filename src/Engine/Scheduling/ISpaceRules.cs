using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling;

/// <summary>A trial scheduler whose options speak of hyperparameters.</summary>
internal interface ISpaceRules
{
    /// <summary>What the options ask of the space that it does not have.</summary>
    /// <returns>Faults whose paths begin at the options.</returns>
    IEnumerable<Fault> FaultsIn(SearchSpace space);
}
