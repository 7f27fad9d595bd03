namespace HpoServerless.Contracts.Batch;

/// <summary>What the double refuses, as the service does.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="code">The service's code.</param>
/// <param name="text">What it says.</param>
public sealed class BatchRefusal(int status, string code, string text = "") : Exception($"{status} {code}: {text}")
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public string Text { get; } = text;

    public static BatchRefusal Invalid(string text) => new(400, "InvalidRequestBody", text);
}
