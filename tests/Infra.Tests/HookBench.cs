using System.Text.Json.Nodes;

namespace HpoServerless.Infra.Tests;

/// <summary>Runs hooks of the deployment in a folder of its own, where a script stands in for the az command.</summary>
internal sealed class HookBench : IDisposable
{
    public const string Vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";

    public HookBench()
    {
        // Writes down how it was called and what files it was given; fails as often as the test says.
        string script = """
            #!/usr/bin/env bash
            printf '%s\n' "$*" >>"$HPO_TEST/calls"
            [ -f "$HPO_TEST/failures" ] && [ "$(grep -c . "$HPO_TEST/calls")" -le "$(cat "$HPO_TEST/failures")" ] && { cat "$HPO_TEST/refusal" >&2; exit 1; }
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
        File.WriteAllText(At("refusal"), "AuthorizationPermissionMismatch");
        string az = Path.Combine(Folder, "az");
        File.WriteAllText(az, script.ReplaceLineEndings("\n"));
        Shell.Run("chmod", ["+x", az], Folder);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hpo-hooks-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Runs a hook with the values of an environment.</summary>
    public (int Code, string Output, string Error) Run(string hook, params string[] arguments) => Hook(hook, arguments);

    public (int Code, string Output, string Error) Hook(string hook, string[] arguments, params (string Name, string Value)[] changed) => Shell.Run(
        Shell.Python,
        ["-B", Files.PathOf("infra", "hooks", hook), .. arguments],
        Folder,
        [
            ("PATH", $"{Folder}:{Environment.GetEnvironmentVariable("PATH")}"),
            ("HPO_TEST", Folder),
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
    public void Vaulted(params string[] names) =>
        File.WriteAllText(At("secrets"), new JsonObject { ["value"] = new JsonArray([.. names.Select(name => new JsonObject { ["name"] = name })]) }.ToJsonString());

    /// <summary>The vault has the trial key and the key of one user, with its tags.</summary>
    public void Tagged(string user, string role, string hash) => File.WriteAllText(At("secrets"), new JsonObject
    {
        ["value"] = new JsonArray(
            new JsonObject { ["name"] = "hpo-trial-key" },
            new JsonObject { ["name"] = $"hpo-key-{user}", ["tags"] = new JsonObject { ["hpo-role"] = role, ["hpo-key"] = hash } }),
    }.ToJsonString());

    /// <summary>A tag of the secret of admin that was written last.</summary>
    public string Tag(string name) => (string)JsonNode.Parse(File.ReadAllText(At("hpo-key-admin")))!["tags"]![name]!;

    /// <summary>What was written into the vault last.</summary>
    public string Secret(string name) => (string)JsonNode.Parse(File.ReadAllText(At(name)))!["properties"]!["value"]!;

    public string At(string name) => Path.Combine(Folder, name);
}
