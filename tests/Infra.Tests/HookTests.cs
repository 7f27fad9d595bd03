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
                --url) secret=${2%%\?*}; secret=${secret##*/} ;;
                --body) stat -c %a "${2#@}" >"$HPO_TEST/mode"; cp "${2#@}" "$HPO_TEST/$secret" ;;
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
    public void Keys_areCreatedWhereTheyAreMissing()
    {
        Vaulted("other");

        (int code, string output, string error) = Run("secret_keys.py");

        Assert.True(code == 0, error);
        string trialKey = Secret("hpo-trial-key");
        Assert.True(Convert.FromBase64String(trialKey).Length >= 32);
        string[] user = Secret("hpo-key-admin").Split(':');
        Assert.Equal("operator", user[0]);
        Assert.InRange(user[1].Length, 32, 512);
        Assert.Equal("600", File.ReadAllText(At("mode")).Trim());
        string shown = output + error + File.ReadAllText(At("calls"));
        Assert.DoesNotContain(trialKey, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(user[1], shown, StringComparison.Ordinal);
        Assert.Contains($"--method put --url https://management.azure.com{Vault}/secrets/hpo-trial-key?api-version=", shown, StringComparison.Ordinal);
        Assert.Contains("/configreferences/appsettings/refresh", shown, StringComparison.Ordinal);
    }

    /// <summary>Nobody else has the key of a user, so it is left for whoever made it.</summary>
    [Fact]
    public void UserKey_isLeftForItsUserAlone()
    {
        Vaulted("hpo-trial-key");

        Assert.Equal(0, Run("secret_keys.py").Code);

        string file = Path.Combine(At("keys"), "admin");
        Assert.Equal(Secret("hpo-key-admin"), $"operator:{File.ReadAllText(file).Trim()}");
        Assert.Equal("600", Shell.Run("stat", ["-c", "%a", file], _folder).Output.Trim());
        Assert.False(File.Exists(At("hpo-trial-key")));
    }

    [Fact]
    public void Keys_stayWhereTheyAre()
    {
        Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, Run("secret_keys.py").Code);

        Assert.DoesNotContain("--method put", File.ReadAllText(At("calls")), StringComparison.Ordinal);
    }

    [Fact]
    public void TrialKey_isMadeAnewOnlyOnDemandAndNeverTheSame()
    {
        Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, Run("secret_keys.py", "--rotate-trial-key").Code);
        string first = Secret("hpo-trial-key");
        Assert.Equal(0, Run("secret_keys.py", "--rotate-trial-key").Code);

        Assert.NotEqual(first, Secret("hpo-trial-key"));
        Assert.False(File.Exists(At("hpo-key-admin")));
    }

    /// <summary>One key follows the other without a gap, and the one before that is gone.</summary>
    [Fact]
    public void UserKey_holdsBesideItsSuccessor()
    {
        Vaulted("hpo-trial-key");
        Assert.Equal(0, Run("secret_keys.py").Code);
        string first = Secret("hpo-key-admin").Split(':')[1];
        Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, Run("secret_keys.py", "--rotate", "admin").Code);
        string[] second = Secret("hpo-key-admin").Split(':')[1].Split(',');
        Assert.Equal(0, Run("secret_keys.py", "--rotate", "admin").Code);
        string[] third = Secret("hpo-key-admin").Split(':')[1].Split(',');

        Assert.Equal(first, second[1]);
        Assert.NotEqual(first, second[0]);
        Assert.Equal(second[0], third[1]);
    }

    [Theory]
    [InlineData("admin:king")]
    [InlineData("admin")]
    [InlineData("../admin:operator")]
    public void UserKeys_thatNobodyCouldReadAreRefused(string keys)
    {
        Vaulted();

        (int code, _, string error) = Hook("secret_keys.py", [], ("HPO_USER_KEYS", keys));

        Assert.Equal(1, code);
        Assert.Contains("HPO_USER_KEYS", error, StringComparison.Ordinal);
        Assert.False(File.Exists(At("calls")));
    }

    [Fact]
    public void UnknownUser_isRefused()
    {
        Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(1, Run("secret_keys.py", "--rotate", "nobody").Code);

        Assert.False(File.Exists(At("calls")));
    }

    [Fact]
    public void Keys_areNotMadeAnewWhereTheVaultDoesNotAnswer()
    {
        File.WriteAllText(At("failures"), "1000");

        (int code, _, string error) = Run("secret_keys.py");

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
        (int code, _, string error) = Hook("secret_keys.py", [], ("HPO_VAULT_ID", ""));

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
            ("HPO_USER_KEYS", "admin:operator"),
            ("HPO_KEY_FOLDER", At("keys")),
            .. changed,
        ]);

    /// <summary>What the vault has.</summary>
    private void Vaulted(params string[] names) =>
        File.WriteAllText(At("secrets"), new JsonObject { ["value"] = new JsonArray([.. names.Select(name => new JsonObject { ["name"] = name })]) }.ToJsonString());

    /// <summary>What was written into the vault last.</summary>
    private string Secret(string name) => (string)JsonNode.Parse(File.ReadAllText(At(name)))!["properties"]!["value"]!;

    private string At(string name) => Path.Combine(_folder, name);
}
