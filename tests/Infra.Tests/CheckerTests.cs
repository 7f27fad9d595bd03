using System.Collections.Immutable;

namespace HpoServerless.Infra.Tests;

/// <summary>The rules find what they are for.</summary>
public sealed class CheckerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-infra-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("resource a 'Microsoft.Web/sites@2024-11-01' = {\n  name: 'x'\n")]
    [InlineData("param name string =\n")]
    [InlineData("output x string = {]\n")]
    public void BrokenSyntax_isFlagged(string source) => Assert.NotEmpty(BicepRules.Syntax(Parse(source)));

    [Fact]
    public void UndescribedParameterAndOutput_areFound() =>
        Assert.Equal(["a.bicep: param lonely has no description", "a.bicep: output Y has no description"], BicepRules.Descriptions(Parse("param lonely string\n@description('Well.')\nparam told string\noutput Y string = '${lonely}${told}'\n")));

    [Fact]
    public void UnusedParameter_isFound() =>
        Assert.Equal(["a.bicep: param b is not used"], BicepRules.Uses(Parse("param a string\nparam b string\nvar c = { b: a }\noutput Y object = c\n")));

    [Theory]
    [InlineData("param adminPassword string\n", 1)]
    [InlineData("@secure()\nparam adminPassword string\n", 0)]
    [InlineData("@description('D')\n@sys.secure()\nparam clientSecret string\n", 0)]
    [InlineData("param secretName string\n", 0)]
    public void SecretParameter_mustBeSecure(string source, int faults) => Assert.Equal(faults, BicepRules.SecureParameters(Parse(source)).Count());

    [Fact]
    public void FetchedKey_isFound() =>
        Assert.NotEmpty(BicepRules.FetchesNoSecret(Parse("resource a 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: 'x' }\noutput K string = a.listKeys().keys[0].value\n")));

    [Fact]
    public void UnknownApiVersion_isFound() =>
        Assert.Single(BicepRules.ApiVersions(Parse("resource a 'Microsoft.Web/sites@1999-01-01' existing = { name: 'x' }\n"), new Dictionary<string, string> { ["Microsoft.Web/sites"] = "2024-11-01" }));

    [Theory]
    [InlineData("resource a 'Microsoft.Web/sites@2024-11-01' = { name: 'x', location: 'y' }\n", 1)]
    [InlineData("resource a 'Microsoft.Web/sites@2024-11-01' = { name: 'x', location: 'y', tags: {} }\n", 0)]
    public void ResourceWithoutTags_isFound(string source, int faults) => Assert.Equal(faults, BicepRules.Tags(Parse(source)).Count());

    [Fact]
    public void RoleIdOutsideItsTable_isFound() => Assert.Single(BicepRules.RoleIds(Parse("var r = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'\n")));

    [Fact]
    public void ModulesThatDoNotFit_areFound()
    {
        string module = Write("b.bicep", "param needed string\nparam free string = ''\noutput There string = '${needed}${free}'\n");
        string main = Write("a.bicep", "module m 'b.bicep' = { name: 'm', params: { wrong: 1 } }\nmodule n 'c.bicep' = { name: 'n' }\noutput X string = m.outputs.Missing\n");
        ImmutableArray<BicepFile> files = BicepFile.Parse([main, module]);

        Assert.Equal(
            ["a.bicep: module m has no parameter wrong", "a.bicep: module m lacks needed", "a.bicep: module m has no output Missing", "a.bicep: c.bicep is missing"],
            BicepRules.Modules(files[0], files));
    }

    private BicepFile Parse(string source) => BicepFile.Parse([Write("a.bicep", source)]).Single();

    private string Write(string name, string source)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, source);
        return path;
    }
}
