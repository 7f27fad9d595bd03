using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace HpoServerless.Infra.Tests;

/// <summary>What holds for every Bicep file. Each rule gives its faults, none where all is well.</summary>
internal static partial class BicepRules
{
    private static readonly string[] Fetching = ["listKeys", "listSecrets", "listAccountSas", "listServiceSas", "listCredentials"];

    public static IEnumerable<string> Syntax(BicepFile file) => file.Errors.Select(error => $"{file.Name}:{error}");

    public static IEnumerable<string> Descriptions(BicepFile file) =>
        from declaration in file.Declarations
        where declaration.Kind is "param" or "output" && declaration.Description.Length == 0
        select $"{file.Name}: {declaration.Kind} {declaration.Symbol} has no description";

    public static IEnumerable<string> Uses(BicepFile file) =>
        from declaration in file.Declarations
        where declaration.Kind is "param" or "var" && !file.Uses.ContainsKey(declaration.Symbol)
        select $"{file.Name}: {declaration.Kind} {declaration.Symbol} is not used";

    /// <summary>Values that are secrets by their names do not show in the history of deployments.</summary>
    public static IEnumerable<string> SecureParameters(BicepFile file) =>
        from declaration in file.Of("param")
        where SecretName.IsMatch(declaration.Symbol) && !declaration.Decorators.Contains("secure")
        select $"{file.Name}: param {declaration.Symbol} is not @secure()";

    /// <summary>Nothing is fetched that is a secret, so that no output, setting or log can hold one.</summary>
    public static IEnumerable<string> FetchesNoSecret(BicepFile file) =>
        from fetching in Fetching
        where file.Text.Contains(fetching, StringComparison.OrdinalIgnoreCase)
        select $"{file.Name}: calls {fetching}";

    public static IEnumerable<string> ApiVersions(BicepFile file, IReadOnlyDictionary<string, string> known) =>
        from resource in file.Of("resource")
        where resource.Type!.Contains('/', StringComparison.Ordinal) && (known.GetValueOrDefault(resource.Type) is not { } version || version != resource.ApiVersion)
        select $"{file.Name}: {resource.Type}@{resource.ApiVersion} is not known to exist";

    /// <summary>What costs money can be told apart by environment.</summary>
    public static IEnumerable<string> Tags(BicepFile file) =>
        from resource in file.Of("resource")
        where !resource.Existing && resource.PropertyOf("location") is not null && resource.PropertyOf("tags") is null
        select $"{file.Name}: resource {resource.Symbol} has no tags";

    /// <summary>Ids of roles stand in roles.json alone.</summary>
    public static IEnumerable<string> RoleIds(BicepFile file) => Guid.Matches(file.Text).Select(match => $"{file.Name}: {match.Value} belongs into roles.json");

    /// <summary>A module is there, gets all that it needs, and nothing that it does not know.</summary>
    public static IEnumerable<string> Modules(BicepFile file, ImmutableArray<BicepFile> all)
    {
        foreach (Declaration module in file.Of("module"))
        {
            string path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file.File)!, module.Target!));
            if (all.FirstOrDefault(other => other.File == path) is not { } target)
            {
                yield return $"{file.Name}: {module.Target} is missing";
                continue;
            }

            ImmutableHashSet<string> given = [.. module.Properties.Where(p => p.Path.StartsWith("params.", StringComparison.Ordinal) && p.Path.Count(c => c == '.') == 1).Select(p => p.Path["params.".Length..])];
            foreach (string unknown in given.Except(target.Of("param").Select(p => p.Symbol)))
            {
                yield return $"{file.Name}: module {module.Symbol} has no parameter {unknown}";
            }

            foreach (string lacking in target.Of("param").Where(p => !p.HasDefault).Select(p => p.Symbol).Except(given))
            {
                yield return $"{file.Name}: module {module.Symbol} lacks {lacking}";
            }

            foreach (Match use in Regex.Matches(file.Text, $@"\b{module.Symbol}\.outputs\.(\w+)", RegexOptions.None, Patience))
            {
                if (!target.Of("output").Any(output => output.Symbol == use.Groups[1].Value))
                {
                    yield return $"{file.Name}: module {module.Symbol} has no output {use.Groups[1].Value}";
                }
            }
        }
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [GeneratedRegex("(password|secret|connectionString|accountKey|sasToken|trialKey)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName { get; }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.IgnoreCase)]
    private static partial Regex Guid { get; }
}
