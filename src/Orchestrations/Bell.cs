using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations;

/// <summary>Waits for events of one name, of which only the ringing matters.</summary>
/// <remarks>One wait is kept open and used again, never cancelled: an event that met a cancelled wait would be lost.</remarks>
internal sealed class Bell(TaskOrchestrationContext context, string eventName)
{
    private Task<string> _next = context.WaitForExternalEvent<string>(eventName);

    /// <summary>Completes when the bell has rung.</summary>
    public Task Rung => _next;

    /// <summary>Takes all rings so far.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TakeAll()
    {
        bool rung = false;
        for (; _next.IsCompletedSuccessfully; rung = true)
        {
            _next = context.WaitForExternalEvent<string>(eventName);
        }

        return rung;
    }
}
