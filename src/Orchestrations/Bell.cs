using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations;

/// <summary>Waits for events of one name.</summary>
/// <remarks>One wait is kept open and used again, never cancelled: an event that met a cancelled wait would be lost.</remarks>
internal sealed class Bell(TaskOrchestrationContext context, string eventName)
{
    private Task<string> _next = context.WaitForExternalEvent<string>(eventName);

    /// <summary>Completes when the bell has rung.</summary>
    public Task Rung => _next;

    /// <summary>Takes all rings so far.</summary>
    /// <returns>What each of them said; empty where there was none.</returns>
    public IReadOnlyList<string> TakeAll()
    {
        List<string> words = [];
        while (_next.IsCompletedSuccessfully)
        {
            words.Add(_next.Result);
            _next = context.WaitForExternalEvent<string>(eventName);
        }

        return words;
    }
}
