using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The service answered that this caller may not do that.</summary>
/// <param name="service">Its address.</param>
/// <param name="detail">What it said.</param>
internal sealed class RefusedException(string service, string detail) : HpoException($"{service} refused: {detail}")
{
    public override RetryAdvice Retry => RetryAdvice.Caller;
}
