namespace HpoServerless.Contracts.Aws;

/// <summary>An error answer of EC2.</summary>
public sealed class Ec2Refusal(int status, string code, string text) : Exception("EC2 refuses")
{
    public int Status => status;

    public string Code => code;

    public string Text => text;
}
