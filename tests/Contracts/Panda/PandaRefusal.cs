namespace HpoServerless.Contracts.Panda;

/// <summary>What the double refuses with an HTTP status, as the server does.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="text">The plain text that it sends.</param>
public sealed class PandaRefusal(int status, string text) : Exception(text)
{
    public int Status { get; } = status;
}
