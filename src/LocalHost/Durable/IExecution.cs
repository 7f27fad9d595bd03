namespace HpoServerless.LocalHost.Durable;

/// <summary>One generation of an orchestrator: events in, actions out. Called by one thread at a time.</summary>
internal interface IExecution
{
    /// <summary>Last status set in this generation.</summary>
    (bool IsSet, string? Json) CustomStatus { get; }

    /// <summary>Events nobody waited for.</summary>
    IReadOnlyList<InstanceMessage.EventRaised> UnprocessedEvents { get; }

    /// <summary>Lets the orchestrator react to an event.</summary>
    /// <returns>Its actions, valid until the next call. One that ends the generation comes last.</returns>
    IReadOnlyList<OrchestratorAction> Apply(InstanceMessage message, DateTime now);
}
