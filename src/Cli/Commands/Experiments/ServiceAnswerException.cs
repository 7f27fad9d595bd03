using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The service says that the request is wrong, in its own words.</summary>
internal sealed class ServiceAnswerException(string detail) : HpoException(detail)
{
    public override RetryAdvice Retry => RetryAdvice.Caller;
}
