using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli;

/// <summary>Every way the process can end, and which error leads where.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The experiment failed, or the command itself did in a way nobody foresaw.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage or invalid input; nothing was changed.</summary>
    public const int Invalid = 2;

    /// <summary>A service that is needed cannot be reached, or it refused.</summary>
    public const int Service = 3;

    public const int Interrupted = 130;

    public static int Of(Exception error) => error switch
    {
        OperationCanceledException => Interrupted,
        UnavailableException or HttpRequestException or RefusedException or PandaException or IddsException => Service,
        HpoException => Invalid,
        _ => Failed,
    };
}
