namespace HpoServerless.Contracts.Azurite;

/// <summary>Sits under an Azure client (<c>options.Transport = new HttpClientTransport(handler)</c>) and makes chosen requests fail as the cloud makes them fail.</summary>
/// <remarks>Each request takes the first scripted fault that applies to it; without one it passes. Retries of the client are requests too.</remarks>
public sealed class FaultInjectingHandler : DelegatingHandler
{
    private readonly Lock _lock = new();
    private readonly List<Scripted> _script = [];
    private int _requests;

    /// <summary>A handler that passes everything until it is scripted.</summary>
    public FaultInjectingHandler()
        : base(new SocketsHttpHandler())
    {
    }

    /// <summary>Whether error answers are XML even where JSON was asked for, as some of the service's are.</summary>
    public bool AnswerInXml { get; set; }

    /// <summary>Requests seen so far, retries included.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Faults that no request has met yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _script.Sum(static s => s.Times);
            }
        }
    }

    /// <summary>Adds a fault to the end of the script.</summary>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="times">For how many requests.</param>
    /// <param name="when">Which requests it applies to; null means any.</param>
    /// <returns>This handler.</returns>
    public FaultInjectingHandler Inject(HttpFault fault, int times = 1, Func<HttpRequestMessage, bool>? when = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_lock)
        {
            _script.Add(new(fault, when ?? (static _ => true)) { Times = times });
        }

        return this;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        switch (Next(request))
        {
            case HttpFault.Answer refusal:
                return ErrorAnswer.Create(request, refusal.Status, refusal.Code, AnswerInXml);
            case HttpFault.Lost:
                using (await base.SendAsync(request, cancellationToken))
                {
                    throw new HttpRequestException(HttpRequestError.ResponseEnded, "The answer was lost.", new IOException());
                }

            case HttpFault.Late late:
                await Task.Delay(late.Pause, late.Time, cancellationToken);
                return await base.SendAsync(request, cancellationToken);
            case HttpFault.Short page:
                return PagedQuery.Shape(request, page.Rows, page.EmptyFirst) ?? await base.SendAsync(request, cancellationToken);
            default:
                return await base.SendAsync(request, cancellationToken);
        }
    }

    private HttpFault? Next(HttpRequestMessage request)
    {
        lock (_lock)
        {
            Scripted? scripted = _script.Find(s => s.When(request));
            if (scripted is not null && --scripted.Times == 0)
            {
                _script.Remove(scripted);
            }

            return scripted?.Fault;
        }
    }

    private sealed record Scripted(HttpFault Fault, Func<HttpRequestMessage, bool> When)
    {
        public int Times { get; set; }
    }
}
