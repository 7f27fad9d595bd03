namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>What requests to AWS are signed with.</summary>
/// <param name="Id">The access key.</param>
/// <param name="Secret">Its secret, which goes nowhere.</param>
/// <param name="Token">Of a session; null where the key is one for good.</param>
internal sealed record AwsKeys(string Id, string Secret, string? Token)
{
    /// <summary>Says no secret.</summary>
    public override string ToString() => Id;
}
