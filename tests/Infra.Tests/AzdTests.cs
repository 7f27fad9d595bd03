using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace HpoServerless.Infra.Tests;

/// <summary>azure.yaml, the parameters and the workflows name what is there.</summary>
public sealed partial class AzdTests
{
    private static readonly Dictionary<string, object> Azd = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(Files.Text("azure.yaml"));

    private static readonly Dictionary<string, string> Parameters = JsonDocument.Parse(Files.Text("infra", "main.parameters.json")).RootElement
        .GetProperty("parameters").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetProperty("value").GetString()!);

    public static TheoryData<string> Workflows => [.. Directory.EnumerateFiles(Files.PathOf(".github", "workflows")).Select(path => Path.GetFileName(path))];

    /// <summary>A parameter that only looks at the clock cannot be given.</summary>
    [Fact]
    public void Parameters_areThoseOfMain() => Assert.Equal(
        BicepFile.Main.Of("param").Select(p => p.Symbol).Where(symbol => symbol != "thisMonth").Order(StringComparer.Ordinal),
        Parameters.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Parameters_haveTheDefaultsOfMain() => Assert.All(Parameters, parameter =>
    {
        Match value = Value.Match(parameter.Value);
        Assert.True(value.Success, parameter.Value);
        string given = value.Groups["default"].Value;
        Match declared = Regex.Match(BicepFile.Main.Text, $@"^param {parameter.Key} \w+(?: = '?(?<default>.*?)'?)?$", RegexOptions.Multiline, TimeSpan.FromSeconds(10));
        Assert.Equal(declared.Groups["default"].Value, given);
    });

    [Fact]
    public void Parameters_haveVariablesOfTheirOwn()
    {
        string[] names = [.. Parameters.Values.Select(value => Value.Match(value).Groups["name"].Value)];

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Empty(new[] { "AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID" }.Except(names));
    }

    [Fact]
    public void Resources_areFoundByTheirTags()
    {
        Assert.Equal("{ 'azd-env-name': environmentName }", BicepFile.Main.Get("var", "tags").Value);
        Assert.Contains("'azd-service-name': serviceName", BicepFile.Module("function-app.bicep").Get("resource", "site").PropertyOf("tags"), StringComparison.Ordinal);
        Assert.Equal([BicepFile.Main.Get("var", "serviceName").Value!.Trim('\'')], Child(Azd, "services").Keys);
    }

    [Fact]
    public void Hooks_nameFilesThatExistAndBuildOfficialPackages()
    {
        Assert.All(Child(Azd, "hooks").Values.Concat(ServiceHooks.Values).Cast<Dictionary<object, object>>(), hook =>
        {
            string[] posix = ((string)((Dictionary<object, object>)hook["posix"])["run"]).Split(' ');
            string[] windows = ((string)((Dictionary<object, object>)hook["windows"])["run"]).Split(' ');
            Assert.Equal(posix[1..], windows[1..]);
            Assert.True(File.Exists(Files.PathOf(posix[1])), posix[1]);
        });
        string build = Command(ServiceHooks["prepackage"]);
        string project = build.Split(' ').Single(word => word.EndsWith(".csproj", StringComparison.Ordinal));
        Assert.True(File.Exists(Files.PathOf(project)), project);
        Assert.Contains("AzurePackages=official", build.Split(' '));
    }

    /// <summary>Hooks of the project run for the command of their own name: azd deploy alone would deploy what an earlier command left.</summary>
    [Fact]
    public void Package_isMadeWheneverItIsDeployed()
    {
        Assert.Contains("package.py", Command(ServiceHooks["prepackage"]), StringComparison.Ordinal);
        Assert.DoesNotContain(Child(Azd, "hooks").Values, hook => Command(hook).Contains("package.py", StringComparison.Ordinal));
    }

    /// <summary>A setting refers to the secret of a new user, so the secret comes first.</summary>
    [Fact]
    public void Keys_areMadeBeforeAndAfterProvisioning()
    {
        Assert.EndsWith("secret_keys.py --before", Command(Child(Azd, "hooks")["preprovision"]), StringComparison.Ordinal);
        Assert.EndsWith("secret_keys.py", Command(Child(Azd, "hooks")["postprovision"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Package_isWhatTheHookMakes()
    {
        Dictionary<object, object> service = (Dictionary<object, object>)Child(Azd, "services").Values.Single();

        Assert.Equal("function", service["host"]);
        string[] folder = ((string)service["dist"]).Split('/');
        Assert.Contains($"os.path.join(ROOT, {string.Join(", ", folder.Select(part => $"\"{part}\""))})", Files.Text("infra", "hooks", "package.py"), StringComparison.Ordinal);
    }

    /// <summary>What the hooks ask for is what the deployment gives.</summary>
    [Fact]
    public void HooksRead_whatMainPutsOut()
    {
        string[] asked =
        [
            .. Directory.EnumerateFiles(Files.PathOf("infra", "hooks"), "*.py").SelectMany(path => Asked.Matches(File.ReadAllText(path))).Select(match => match.Groups[1].Value).Distinct(),
        ];

        Assert.Contains("HPO_VAULT_ID", asked);
        Assert.Empty(asked.Except(BicepFile.Main.Of("output").Select(output => output.Symbol)).Except(["AZURE_ENV_NAME", "HPO_KEY_FOLDER", "HPO_RETRY_SECONDS"]));
    }

    /// <summary>Both files of the host differ in where orchestrations are kept, and in nothing else.</summary>
    [Fact]
    public void HostFiles_differInTheirStorageProviderOnly()
    {
        static string Rest(string file)
        {
            System.Text.Json.Nodes.JsonNode host = System.Text.Json.Nodes.JsonNode.Parse(Files.Text(file))!;
            host["extensions"]!["durableTask"]!.AsObject().Remove("storageProvider");
            return host.ToJsonString();
        }

        Assert.Equal(Rest("host.json"), Rest("host.scheduler.json"));
        Assert.Contains("\"%HpoTaskHub%\"", Files.Text("host.json"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Actions_arePinned(string workflow) => Assert.All(
        Files.Text(".github", "workflows", workflow).Split('\n').Where(line => line.Contains("uses:", StringComparison.Ordinal)),
        line => Assert.Matches("uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v", line));

    /// <summary>The package is built for the backend of the environment, so that must be known.</summary>
    [Fact]
    public void Deployment_buildsForTheBackendOfItsEnvironment()
    {
        string deploy = Files.Text(".github", "workflows", "deploy.yml");
        string[] order = ["azd env set", "azd env get-value HPO_DURABLE_BACKEND", "infra/hooks/package.py", "azd provision"];
        int[] places = [.. order.Select(step => deploy.IndexOf(step, StringComparison.Ordinal))];

        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Contains("|| HPO_DURABLE_BACKEND=azureStorage", deploy, StringComparison.Ordinal);
    }

    [Fact]
    public void Deployment_signsInWithoutSecretAndWaitsForItsEnvironment()
    {
        string deploy = Files.Text(".github", "workflows", "deploy.yml");

        Assert.Contains("id-token: write", deploy, StringComparison.Ordinal);
        Assert.Contains("\n    environment:", deploy, StringComparison.Ordinal);
        Assert.Contains("--federated-credential-provider github", deploy, StringComparison.Ordinal);
        Assert.DoesNotContain("secrets.", deploy, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> ServiceHooks =>
        Child(((Dictionary<object, object>)Child(Azd, "services").Values.Single()).ToDictionary(pair => (string)pair.Key, pair => pair.Value), "hooks");

    private static string Command(object hook) => (string)((Dictionary<object, object>)((Dictionary<object, object>)hook)["posix"])["run"];

    private static Dictionary<string, object> Child(Dictionary<string, object> parent, string name) =>
        ((Dictionary<object, object>)parent[name]).ToDictionary(pair => (string)pair.Key, pair => pair.Value);

    [GeneratedRegex(@"^\$\{(?<name>[A-Z][A-Z0-9_]*)(?:=(?<default>[^}]*))?\}$")]
    private static partial Regex Value { get; }

    [GeneratedRegex(@"(?:value\(|environ\.get\()""(\w+)""")]
    private static partial Regex Asked { get; }
}
