using System.Runtime.InteropServices;

namespace HpoServerless.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks the command to end cleanly, the second ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>How long a command may take to end cleanly.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;
    private volatile bool _mayTakeLong;

    public Interruption()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Says that the command may take as long as it needs to end cleanly.</summary>
    public void LetEndTakeLong() => _mayTakeLong = true;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private static void End() => Environment.Exit(ExitCode.Interrupted);

    private void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Interlocked.Increment(ref _count) > 1)
        {
            End();
        }

        _ = EndLaterAsync();
        _source.Cancel();
    }

    private async Task EndLaterAsync()
    {
        await Task.Delay(StopTime);
        if (!_mayTakeLong)
        {
            End();
        }
    }
}
