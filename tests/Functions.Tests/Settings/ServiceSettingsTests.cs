using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests.Settings;

public sealed class ServiceSettingsTests
{
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    [Theory]
    [InlineData("Hpo__MaxScriptsMiB", "Hpo:MaxScriptsMiB", false)]
    [InlineData("hpo__trialkey", "Hpo:TrialKey", true)]
    [InlineData("HpoStorage", "HpoStorage", true)]
    [InlineData("HpoTaskHub", "HpoTaskHub", false)]
    [InlineData("Sites__gpu__type", "Sites:{site}:type", false)]
    [InlineData("Sites__gpu__pool", "Sites:{site}:{option}", false)]
    [InlineData("Sites__gpu__env__TOKEN", "Sites:{site}:env:{name}", true)]
    [InlineData("Sites__gpu__queues__0", "Sites:{site}:{option}:{number}", false)]
    [InlineData("OIDC_AUTH_ID_TOKEN", "OIDC_AUTH_ID_TOKEN", true)]
    public void Environment_names_find_their_setting(string name, string key, bool secret)
    {
        Setting setting = ServiceSettings.Find(name)!;

        Assert.Equal((key, secret), (setting.Key, setting.IsSecret));
    }

    [Theory]
    [InlineData("Hpo__MaxScriptMiB")]
    [InlineData("HpoStorage__accountName__x")]
    [InlineData("Sites__gpu")]
    [InlineData("PATH")]
    public void Other_names_are_none(string name) => Assert.Null(ServiceSettings.Find(name));

    [Theory]
    [InlineData("Hpo:MaxScriptMiB", "MaxScriptsMiB")]
    [InlineData("Hpo:PublicUri", "PublicUrl")]
    [InlineData("Hpo:TrialKey:Old", "TrialKey")]
    [InlineData("HpoStorage:acountName", "accountName")]
    public void Mistyped_names_are_refused_with_the_nearest(string mistyped, string meant)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => HpoOptions.Read(Configuration(("Hpo:DataFolder", "/data"), ("Hpo:TrialKey", Key), ("HpoStorage", "UseDevelopmentStorage=true"), (mistyped, "s3cret"))));

        Fault fault = Assert.Single(error.Faults);
        Assert.Equal(mistyped, fault.Path);
        Assert.Contains(meant, fault.Rule, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HpoStorage:accountName", "Account")]
    [InlineData("HpoStorage:accountName", "ab")]
    [InlineData("HpoTaskHub", "1hub")]
    [InlineData("HpoTaskHub", "my-hub")]
    [InlineData("Hpo:MaxCheckpointMiB", "1048577")]
    [InlineData("Hpo:PublicUrl", "hpo.example.org")]
    public void Values_out_of_range_are_refused(string key, string value)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => HpoOptions.Read(Configuration(
                ("Hpo:TrialKey", Key), ("HpoStorage:tableServiceUri", "https://t"), ("HpoStorage:blobServiceUri", "https://b"), ("HpoStorage:queueServiceUri", "https://q"), (key, value))));

        Assert.Equal(new(key, value, $"must be {ServiceSettings.Find(key)!.Rule}"), Assert.Single(error.Faults));
    }

    [Fact]
    public void Faults_of_settings_and_of_sites_are_told_at_once()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => new ServiceCollection().AddHpoServerless(Configuration(("Hpo:TrialKey", Key), ("Hpo:MaxScriptsMiB", "0"), ("Sites:gpu:type", "bach"), ("Sites:local:type", "cpu"))));

        Assert.Equal(["Hpo:MaxScriptsMiB", "HpoStorage", "Sites:gpu:Type", "Sites:local"], error.Faults.Select(fault => fault.Path).Order(StringComparer.Ordinal));
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
}
