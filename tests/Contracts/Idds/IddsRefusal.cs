namespace HpoServerless.Contracts.Idds;

/// <summary>The double refuses a request.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="kind">Its name of the error.</param>
/// <param name="message">What it says.</param>
internal sealed class IddsRefusal(int status, string kind, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Kind { get; } = kind;
}
