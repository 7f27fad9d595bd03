using System.IO.Compression;

namespace HpoServerless.Infra.Tests;

/// <summary>What the hooks of the deployment publish.</summary>
public sealed class HookTests : IDisposable
{
    private readonly HookBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Harness_isPublishedWholeOnceItsRoleHolds()
    {
        File.WriteAllText(_bench.At("failures"), "3");

        (int code, _, string error) = _bench.Run("harness.py");

        Assert.True(code == 0, error);
        Assert.Equal(4, File.ReadLines(_bench.At("calls")).Count());
        using ZipArchive zip = ZipFile.OpenRead(_bench.At("file"));
        string root = Files.PathOf("python");
        Assert.Equal(
            Directory.EnumerateFiles(Path.Combine(root, "hpo_trial"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path))
                .Where(path => !path.Contains("__pycache__", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        (int started, _, string why) = Shell.Run(Shell.Python, ["-c", "import hpo_trial.runner"], _bench.Folder, ("PYTHONPATH", _bench.At("file")));
        Assert.True(started == 0, why);
    }

    [Fact]
    public void Harness_isTheSameForTheSameFiles()
    {
        _bench.Run("harness.py");
        byte[] first = File.ReadAllBytes(_bench.At("file"));
        _bench.Run("harness.py");

        Assert.Equal(first, File.ReadAllBytes(_bench.At("file")));
    }

    [Fact]
    public void Harness_failsWhereItsRoleNeverHolds()
    {
        File.WriteAllText(_bench.At("failures"), "1000");

        (int code, _, string error) = _bench.Run("harness.py");

        Assert.Equal(1, code);
        Assert.Contains("hpo-tools", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Harness_isNotPublishedWhereNobodyWantsIt()
    {
        (int code, _, _) = _bench.Hook("harness.py", [], ("HPO_TOOLS_CONTAINER", ""));

        Assert.Equal(0, code);
        Assert.False(File.Exists(_bench.At("calls")));
    }

    [Fact]
    public void Package_refusesStandIns()
    {
        (int code, _, string error) = _bench.Hook("package.py", ["src/Functions/Functions.csproj", "AzurePackages=offline"]);

        Assert.Equal(1, code);
        Assert.Contains("AzurePackages=official", error, StringComparison.Ordinal);
    }
}
