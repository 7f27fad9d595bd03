namespace HpoServerless.Cli.Tests;

/// <summary>The launcher script, in a small copy of the repository, with a compiler that only notes that it was called.</summary>
public sealed class LauncherTests : IDisposable
{
    private const string Dotnet = """
        #!/bin/sh
        case "$1" in
          --list-sdks) echo "${FAKE_SDK:-10.0.100} [/sdk]" ;;
          build)
            echo build >> "$FAKE_LOG"
            [ -z "$FAKE_BROKEN" ] || { echo "error CS1002"; exit 1; }
            mkdir -p artifacts/hpo/bin/Cli/release && : > artifacts/hpo/bin/Cli/release/hpo.dll ;;
          *) shift; pwd; for argument in "$@"; do echo "<$argument>"; done; exit 7 ;;
        esac
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-launcher-").FullName;
    private readonly Dictionary<string, string> _variables;

    public LauncherTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the launcher is a bash script");
        Write("src/Cli/Program.cs", "1");
        Write("python/hpo_trial/worker.py", "1");
        Write("bin/dotnet", Dotnet);
        File.Copy(Path.Combine(Repository.Root, "hpo"), Path.Combine(_folder, "hpo"));
        Directory.CreateDirectory(Path.Combine(_folder, "elsewhere"));
        MakeExecutable("hpo");
        MakeExecutable("bin/dotnet");

        _variables = new() { ["PATH"] = $"{Path.Combine(_folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}", ["FAKE_LOG"] = Path.Combine(_folder, "log") };
    }

    private int Builds => File.Exists(Path.Combine(_folder, "log")) ? File.ReadAllLines(Path.Combine(_folder, "log")).Length : 0;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Launcher_builds_once_and_hands_over_folder_arguments_and_exit_code()
    {
        CliResult first = await RunAsync("one two", "*", "");
        CliResult second = await RunAsync("one two", "*", "");

        Assert.Equal(1, Builds);
        Assert.Equal("building...\n", first.Error);
        Assert.Equal(string.Empty, second.Error);
        Assert.Equal(first.Output, second.Output);
        Assert.EndsWith("elsewhere\n<one two>\n<*>\n<>\n", first.Output, StringComparison.Ordinal);
        Assert.Equal((7, 7), (first.Code, second.Code));
    }

    [Theory]
    [InlineData("src/Cli/Program.cs")]
    [InlineData("src/Cli/New.cs")]
    [InlineData("python/hpo_trial/worker.py")]
    [InlineData("Directory.Packages.props")]
    public async Task Launcher_builds_again_after_a_change(string file)
    {
        await RunAsync();
        Write(file, "2");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, file), DateTime.UtcNow.AddSeconds(5));

        await RunAsync();

        Assert.Equal(2, Builds);
    }

    [Fact]
    public async Task Launcher_ignores_the_caches_of_python()
    {
        await RunAsync();
        Write("python/hpo_trial/__pycache__/worker.pyc", "2");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "python/hpo_trial/__pycache__/worker.pyc"), DateTime.UtcNow.AddSeconds(5));

        await RunAsync();

        Assert.Equal(1, Builds);
    }

    [Fact]
    public async Task Launcher_builds_once_for_callers_at_the_same_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync()));

        Assert.Equal(1, Builds);
    }

    [Fact]
    public async Task Launcher_shows_a_failed_build_and_tries_again()
    {
        _variables["FAKE_BROKEN"] = "1";
        CliResult broken = await RunAsync();
        _variables.Remove("FAKE_BROKEN");
        CliResult repaired = await RunAsync();

        Assert.Equal(1, broken.Code);
        Assert.Contains("error CS1002", broken.Error, StringComparison.Ordinal);
        Assert.Equal(7, repaired.Code);
    }

    [Fact]
    public async Task Launcher_says_which_sdk_is_needed()
    {
        _variables["FAKE_SDK"] = "8.0.404";

        CliResult result = await RunAsync();

        Assert.Equal(1, result.Code);
        Assert.Contains("8.0.404", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, Builds);
    }

    private Task<CliResult> RunAsync(params string[] args) => Shell.RunAsync(Path.Combine(_folder, "hpo"), args, Path.Combine(_folder, "elsewhere"), _variables);

    private void MakeExecutable(string program)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_folder, program), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void Write(string relative, string text)
    {
        string file = Path.Combine(_folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
