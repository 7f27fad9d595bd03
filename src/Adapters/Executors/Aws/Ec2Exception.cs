namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>EC2 refused a call.</summary>
/// <param name="code">Its error code.</param>
/// <param name="message">What it says.</param>
internal sealed class Ec2Exception(string code, string message) : Exception($"{code}: {message}")
{
    /// <summary>Its error code.</summary>
    public string Code => code;
}
