using System.Text.Json;
using System.Text.RegularExpressions;

namespace HpoServerless.Infra.Tests;

/// <summary>The parameters for who deploys without azd are those of azd.</summary>
public sealed partial class ParameterFileTests
{
    private static readonly string Text = Files.Text("infra", "az.bicepparam");

    private static readonly Dictionary<string, string> Azd = JsonDocument.Parse(Files.Text("infra", "main.parameters.json")).RootElement
        .GetProperty("parameters").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetProperty("value").GetString()!);

    [Fact]
    public void Parameters_areReadFromTheVariablesOfAzd() => Assert.Equal(
        Azd.Select(parameter => $"param {parameter.Key} = {Read(parameter.Key, parameter.Value)}"),
        Text.Split('\n').Where(line => line.StartsWith("param ", StringComparison.Ordinal)));

    [Fact]
    public void Lines_areCommentsParametersAndTheTemplate()
    {
        string[] others = [.. Text.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("param ", StringComparison.Ordinal) && !line.StartsWith("//", StringComparison.Ordinal))];

        Assert.Equal(["using './main.bicep'"], others);
    }

    /// <summary>azd would take a file of that name and leave main.parameters.json alone.</summary>
    [Fact]
    public void Azd_takesItsOwnFile() => Assert.False(File.Exists(Files.PathOf("infra", "main.bicepparam")));

    private static string Read(string name, string value)
    {
        Match variable = Variable.Match(value);
        string given = variable.Groups["default"].Success ? $", '{variable.Groups["default"].Value}'" : name is "principalId" ? ", ''" : string.Empty;
        string read = $"readEnvironmentVariable('{variable.Groups["name"].Value}'{given})";
        return BicepFile.Main.Get("param", name).Type is "int" or "bool" ? $"{BicepFile.Main.Get("param", name).Type}({read})" : read;
    }

    [GeneratedRegex(@"^\$\{(?<name>\w+)(?:=(?<default>[^}]*))?\}$")]
    private static partial Regex Variable { get; }
}
