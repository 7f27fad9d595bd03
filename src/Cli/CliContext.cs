using HpoServerless.Adapters.Projects;

namespace HpoServerless.Cli;

/// <summary>What a command may know of the world around it.</summary>
internal sealed record CliContext
{
    /// <summary>Results: what a script would read.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Everything else: progress, errors, hints.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What a person answers.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Whether a person sits at <see cref="Input"/>.</summary>
    public bool IsInputTerminal { get; init; }

    /// <summary>Whether <see cref="Output"/> is a terminal, so that tables may be drawn and coloured.</summary>
    public required bool IsOutputTerminal { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal, so that progress may move.</summary>
    public required bool IsErrorTerminal { get; init; }

    /// <summary>On which relative paths stand.</summary>
    public required string CurrentDirectory { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Says that ending cleanly may take as long as it takes; a second signal still ends the process at once.</summary>
    public Action LetEndTakeLong { get; init; } = static () => { };

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Where named configurations and projects lie.</summary>
    public HpoFolder Folder => HpoFolder.FromEnvironment(Variable, CurrentDirectory);

    public static CliContext ForProcess() => new()
    {
        Output = Console.Out,
        Input = Console.In,
        IsInputTerminal = !Console.IsInputRedirected,
        Error = Console.Error,
        IsOutputTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        CurrentDirectory = Directory.GetCurrentDirectory(),
        Variable = Environment.GetEnvironmentVariable,
        Time = TimeProvider.System,
    };
}
