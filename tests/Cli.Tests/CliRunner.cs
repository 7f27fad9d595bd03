using System.Text.Json;
using HpoServerless.Adapters.Projects;

namespace HpoServerless.Cli.Tests;

/// <summary>Runs command lines in this process, in a folder of their own.</summary>
internal sealed class CliRunner : IDisposable
{
    private readonly Dictionary<string, string> _variables = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("hpo-cli-").FullName;

    public bool IsTerminal { get; init; }

    public bool IsInputTerminal { get; init; }

    /// <summary>What a person answers.</summary>
    public TextReader Input { get; set; } = TextReader.Null;

    public HpoFolder Layout => new(Folder);

    public void Set(string variable, string value) => _variables[variable] = value;

    /// <summary>Writes a file, with its folders.</summary>
    public void Write(string relative, string text)
    {
        string file = Path.Combine(Folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public Task<CliResult> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    /// <summary>Runs a command line that Ctrl-C, the token, may interrupt.</summary>
    public async Task<CliResult> RunAsync(CancellationToken interrupt, params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliContext context = new()
        {
            Output = output,
            Error = error,
            Input = Input,
            IsInputTerminal = IsInputTerminal,
            IsOutputTerminal = IsTerminal,
            IsErrorTerminal = IsTerminal,
            CurrentDirectory = Folder,
            Variable = _variables.GetValueOrDefault,
            Time = TimeProvider.System,
        };
        int code = await HpoCli.RunAsync(args, context, interrupt);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line that must succeed.</summary>
    public async Task<CliResult> SucceedAsync(params string[] args)
    {
        CliResult result = await RunAsync(args);
        Assert.True(result.Code == 0, $"hpo {string.Join(' ', args)} ended with {result.Code}: {result.Error}");
        return result;
    }

    /// <summary>A stored document as <c>show --json</c> prints it.</summary>
    public async Task<JsonElement> ShowAsync(string group, string name) => JsonDocument.Parse((await SucceedAsync(group, "show", name, "--json")).Output).RootElement;

    /// <summary>Relative paths and contents of all files.</summary>
    public SortedDictionary<string, string> Files() =>
        new(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(Folder, file), File.ReadAllText));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>How a command line ended, and what it printed.</summary>
internal sealed record CliResult(int Code, string Output, string Error);
