using System.IO.Compression;
using System.Text.Json.Nodes;

namespace HpoServerless.Infra.Tests;

/// <summary>What the hooks of the deployment do with the az command, for which a script stands in.</summary>
public sealed class HookTests : IDisposable
{
    private const string Vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-hooks-").FullName;

    public HookTests()
    {
        // Writes down how it was called and what files it was given; fails as often as the test says.
        string script = """
            #!/usr/bin/env bash
            printf '%s\n' "$*" >>"$HPO_TEST/calls"
            [ -f "$HPO_TEST/failures" ] && [ "$(grep -c . "$HPO_TEST/calls")" -le "$(cat "$HPO_TEST/failures")" ] && { echo 'AuthorizationPermissionMismatch' >&2; exit 1; }
            while [ $# -gt 0 ]; do
              case $1 in
                --body) stat -c %a "${2#@}" >"$HPO_TEST/mode"; cp "${2#@}" "$HPO_TEST/body" ;;
                --file) cp "$2" "$HPO_TEST/file" ;;
                get) cat "$HPO_TEST/secrets" ;;
              esac
              shift
            done
            """;
        string az = Path.Combine(_folder, "az");
        File.WriteAllText(az, script.ReplaceLineEndings("\n"));
        Shell.Run("chmod", ["+x", az], _folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TrialKey_isCreatedWhereItIsMissing()
    {
        File.WriteAllText(At("secrets"), """{"value": [{"name": "other"}]}""");

        (int code, string output, string error) = Run("trial_key.py");

        Assert.True(code == 0, error);
        JsonNode body = JsonNode.Parse(File.ReadAllText(At("body")))!;
        string key = (string)body["properties"]!["value"]!;
        Assert.True(Convert.FromBase64String(key).Length >= 32);
        Assert.Equal("600", File.ReadAllText(At("mode")).Trim());
        Assert.DoesNotContain(key, output + error + File.ReadAllText(At("calls")), StringComparison.Ordinal);
        Assert.Contains($"--method put --url https://management.azure.com{Vault}/secrets/hpo-trial-key?api-version=", File.ReadAllText(At("calls")), StringComparison.Ordinal);
        Assert.Contains("/configreferences/appsettings/refresh", File.ReadAllText(At("calls")), StringComparison.Ordinal);
    }

    [Fact]
    public void TrialKey_staysWhereItIs()
    {
        File.WriteAllText(At("secrets"), """{"value": [{"name": "hpo-trial-key"}]}""");

        Assert.Equal(0, Run("trial_key.py").Code);

        Assert.DoesNotContain("--method put", File.ReadAllText(At("calls")), StringComparison.Ordinal);
        Assert.False(File.Exists(At("body")));
    }

    [Fact]
    public void TrialKey_isMadeAnewOnlyOnDemandAndNeverTheSame()
    {
        File.WriteAllText(At("secrets"), """{"value": [{"name": "hpo-trial-key"}]}""");

        Assert.Equal(0, Run("trial_key.py", "--rotate").Code);
        string first = File.ReadAllText(At("body"));
        Assert.Equal(0, Run("trial_key.py", "--rotate").Code);

        Assert.NotEqual(first, File.ReadAllText(At("body")));
    }

    [Fact]
    public void TrialKey_isNotMadeAnewWhereTheVaultDoesNotAnswer()
    {
        File.WriteAllText(At("failures"), "1000");

        (int code, _, string error) = Run("trial_key.py");

        Assert.Equal(1, code);
        Assert.Contains("AuthorizationPermissionMismatch", error, StringComparison.Ordinal);
        Assert.DoesNotContain("--method put", File.ReadAllText(At("calls")), StringComparison.Ordinal);
    }

    [Fact]
    public void Harness_isPublishedWholeOnceItsRoleHolds()
    {
        File.WriteAllText(At("failures"), "3");

        (int code, _, string error) = Run("harness.py");

        Assert.True(code == 0, error);
        Assert.Equal(4, File.ReadLines(At("calls")).Count());
        using ZipArchive zip = ZipFile.OpenRead(At("file"));
        string root = Files.PathOf("python");
        Assert.Equal(
            Directory.EnumerateFiles(Path.Combine(root, "hpo_trial"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path))
                .Where(path => !path.Contains("__pycache__", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        (int started, _, string why) = Shell.Run(Shell.Python, ["-c", "import hpo_trial.runner"], _folder, ("PYTHONPATH", At("file")));
        Assert.True(started == 0, why);
    }

    [Fact]
    public void Harness_isTheSameForTheSameFiles()
    {
        Run("harness.py");
        byte[] first = File.ReadAllBytes(At("file"));
        Run("harness.py");

        Assert.Equal(first, File.ReadAllBytes(At("file")));
    }

    [Fact]
    public void Harness_failsWhereItsRoleNeverHolds()
    {
        File.WriteAllText(At("failures"), "1000");

        (int code, _, string error) = Run("harness.py");

        Assert.Equal(1, code);
        Assert.Contains("hpo-tools", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Harness_isNotPublishedWhereNobodyWantsIt()
    {
        (int code, _, _) = Hook("harness.py", [], ("HPO_TOOLS_CONTAINER", ""));

        Assert.Equal(0, code);
        Assert.False(File.Exists(At("calls")));
    }

    [Fact]
    public void Package_refusesStandIns()
    {
        (int code, _, string error) = Hook("package.py", ["src/Functions/Functions.csproj", "AzurePackages=offline"]);

        Assert.Equal(1, code);
        Assert.Contains("AzurePackages=official", error, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingValue_isNamed()
    {
        (int code, _, string error) = Hook("trial_key.py", [], ("HPO_VAULT_ID", ""));

        Assert.Equal(1, code);
        Assert.Contains("HPO_VAULT_ID", error, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run(string hook, params string[] arguments) => Hook(hook, arguments);

    private (int Code, string Output, string Error) Hook(string hook, string[] arguments, params (string Name, string Value)[] changed) => Shell.Run(
        Shell.Python,
        ["-B", Files.PathOf("infra", "hooks", hook), .. arguments],
        _folder,
        [
            ("PATH", $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}"),
            ("HPO_TEST", _folder),
            ("HPO_VAULT_ID", Vault),
            ("HPO_TRIAL_KEY_NAME", "hpo-trial-key"),
            ("HPO_APP_ID", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a"),
            ("HPO_DATA_ACCOUNT", "stdata"),
            ("HPO_TOOLS_CONTAINER", "hpo-tools"),
            ("HPO_HARNESS_FILE", "hpo_trial.zip"),
            ("HPO_RETRY_SECONDS", "0"),
            .. changed,
        ]);

    private string At(string name) => Path.Combine(_folder, name);
}
