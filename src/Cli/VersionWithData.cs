using System.CommandLine;
using System.CommandLine.Invocation;
using HpoServerless.Adapters.Stores.Versions;

namespace HpoServerless.Cli;

/// <summary>What <c>--version</c> says: the program's version, and that of the data that it writes.</summary>
internal sealed class VersionWithData : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"{typeof(VersionWithData).Assembly.GetName().Version!.ToString(3)} (data version {DataVersion.Current})");
        return ExitCode.Done;
    }
}
