namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>How a worker process ended.</summary>
/// <param name="Code">Its exit code; 128 and the signal's number where a signal killed it.</param>
internal readonly record struct WorkerExit(int Code)
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    /// <summary>Whether it was killed from outside, as the system does when memory runs out and administrators do. A program that crashes dies of other signals.</summary>
    public bool IsKill => ProcessGroup.Supported && IsKillSignal(Code - 128);

    public static bool IsKillSignal(int signal) => signal is SigKill or SigTerm;

    /// <summary>The name of a signal that kills from outside.</summary>
    public static string NameOf(int signal) => signal == SigKill ? "SIGKILL" : "SIGTERM";

    public override string ToString() => ProcessGroup.Supported && Code > 128 ? $"exit code {Code}, signal {Code - 128}" : $"exit code {Code}";
}
