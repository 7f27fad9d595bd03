using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>Runs an orchestrator's code through the events of one generation; between them it stays in memory.</summary>
internal sealed class OrchestrationExecution : IExecution
{
    private readonly GenerationStart _start;
    private readonly Func<TaskOrchestrationContext, Task<object?>> _body;
    private readonly LocalDurableOptions _options;
    private readonly Action<InvalidOperationException> _onRuleBroken;
    private readonly TurnThread _turn;
    private readonly LocalOrchestrationContext _context;
    private InstanceMessage _message = null!;
    private OrchestratorAction? _end;
    private volatile InvalidOperationException? _broken;

    /// <param name="start">What the generation begins with.</param>
    /// <param name="body">The orchestrator.</param>
    /// <param name="options">Options of the runtime.</param>
    /// <param name="onRuleBroken">Called, on any thread and maybe more than once, when code of the orchestrator turns up outside its turn.</param>
    public OrchestrationExecution(
        GenerationStart start,
        Func<TaskOrchestrationContext, Task<object?>> body,
        LocalDurableOptions options,
        Action<InvalidOperationException> onRuleBroken)
    {
        _start = start;
        _body = body;
        _options = options;
        _onRuleBroken = onRuleBroken;
        _turn = new TurnThread(Dispatch, ReportForeignCode);
        _context = new LocalOrchestrationContext(start, _turn, ReportForeignCode, options);
    }

    public bool HasEnded => _end is not null;

    /// <summary>Set when the orchestrator left its turn. What it does from then on depends on chance.</summary>
    public InvalidOperationException? BrokenRule => _broken;

    public (bool IsSet, string? Json) CustomStatus => _context.CustomStatus;

    public IReadOnlyList<InstanceMessage.EventRaised> UnprocessedEvents => _context.UnprocessedEvents;

    public IReadOnlyList<OrchestratorAction> Apply(InstanceMessage message, DateTime now) => Apply(message, now, replaying: false);

    public IReadOnlyList<OrchestratorAction> Apply(InstanceMessage message, DateTime now, bool replaying)
    {
        _message = message;
        _context.BeginEvent(now, replaying);
        if (message is InstanceMessage.EventRaised raised && _context.KeepForLater(raised))
        {
            return [];
        }

        _turn.Run();
        if (_broken is { } broken)
        {
            _end = Failed(broken);
        }
        else if (_end is null && !_context.AwaitsSomethingDurable)
        {
            _end = Failed(OrchestrationRules.AwaitsNothingDurable(_start));
        }

        if (_end is not null)
        {
            _context.Actions.Add(_end);
        }

        return _context.Actions;
    }

    private static OrchestratorAction.Fail Failed(Exception exception) => new(Failures.Describe(exception));

    private void Dispatch()
    {
        switch (_message)
        {
            case InstanceMessage.Started:
                _ = RunBodyAsync();
                break;
            case InstanceMessage.RuleBroken rule:
                _broken = rule.Error;
                break;
            default:
                _context.Handle(_message);
                break;
        }
    }

    /// <summary>Never throws. Awaits within the turn, so that a body finished from elsewhere is noticed.</summary>
    private async Task RunBodyAsync()
    {
        try
        {
            object? result = await _body(_context);
            _end = _context.Continuation ?? (OrchestratorAction)new OrchestratorAction.Complete(_options.Converter.Serialize(result));
        }
        catch (Exception failure)
        {
            _end = Failed(failure);
        }
    }

    private void ReportForeignCode()
    {
        InvalidOperationException error = OrchestrationRules.ForeignCode(_start);
        _broken = error;
        _onRuleBroken(error);
    }
}
