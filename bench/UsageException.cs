namespace HpoServerless.Bench;

/// <summary>The command line cannot be understood.</summary>
internal sealed class UsageException(string message) : Exception(message);
