using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>What a turn tells those who run trials.</summary>
internal static class TrialMessages
{
    public static ImmutableArray<TrialMessage> Of(string experiment, Turn turn)
    {
        ImmutableArray<TrialMessage>.Builder messages = ImmutableArray.CreateBuilder<TrialMessage>();
        foreach (Decision decision in turn.Decisions)
        {
            TrialMessageKind? kind = decision.Action switch
            {
                DecisionAction.Start or DecisionAction.Resume => TrialMessageKind.Start,
                DecisionAction.Stop or DecisionAction.Pause or DecisionAction.Exploit or DecisionAction.Complete => TrialMessageKind.Interrupt,
                _ => null,
            };
            if (kind is { } wanted)
            {
                messages.Add(new(wanted, new(experiment, decision.Trial, decision.Segment)) { Site = decision.Site });
            }
        }

        return messages.DrainToImmutable();
    }
}
