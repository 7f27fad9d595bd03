using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Access;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Settings that would have no effect, or another one than was meant, are refused at the start.</summary>
public sealed class AccessOptionsTests
{
    private static readonly (string Name, string Value)[] Enough =
        [("Hpo:TrialKey", Convert.ToBase64String(new byte[32])), ("Hpo:DataFolder", "/data"), ("Sites:farm:type", "workers")];

    [Theory]
    [InlineData("Hpo:Prices:frm")]
    [InlineData("Hpo:Prices:FARM")]
    [InlineData("Hpo:Prices:local")]
    public void A_price_is_that_of_a_site(string price)
    {
        Assert.Equal([price], FaultsOf((price, "2")));
        Assert.Empty(FaultsOf(("Hpo:Prices:farm", "2")));
    }

    [Theory]
    [InlineData("Hpo:Quotas:Cost")]
    [InlineData("Hpo:Quotas:Users:alice:Cost")]
    public void A_quota_of_cost_needs_a_price(string quota)
    {
        Assert.Equal(["Hpo:Prices"], FaultsOf((quota, "100")));
        Assert.Empty(FaultsOf((quota, "100"), ("Hpo:Prices:farm", "0.5")));
    }

    [Fact]
    public void Users_whose_names_are_one_in_settings_are_a_fault()
    {
        Assert.Equal(["Hpo:Quotas:Users:a.b"], FaultsOf(("Hpo:Quotas:Users:a-b:Trials", "1"), ("Hpo:Quotas:Users:a.b:Trials", "2")));
    }

    [Fact]
    public void A_trial_key_that_the_vault_did_not_give_says_so()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Add(("Hpo:TrialKey", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/t)")));

        Fault fault = Assert.Single(error.Faults);
        Assert.Equal("Hpo:TrialKey", fault.Path);
        Assert.Contains("Key Vault", fault.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_whose_key_the_vault_did_not_give_is_left_out_and_the_others_stay()
    {
        Add(("Hpo:Keys:alice", "@Microsoft.KeyVault(VaultName=v;SecretName=alice)"), ("Hpo:Keys:bob", $"reader:{Users.Bob}"));
        AccessKeys keys = HpoOptions.Read(Configuration(("Hpo:Keys:alice", "@Microsoft.KeyVault(VaultName=v;SecretName=alice)"), ("Hpo:Keys:bob", $"reader:{Users.Bob}"))).Access.Keys;

        Assert.Equal((1, "bob"), (keys.Count, keys.Find(Users.Bob)!.Id));
        Assert.Equal(["alice"], keys.Unresolved);
    }

    private static IEnumerable<string> FaultsOf(params (string Name, string Value)[] settings)
    {
        try
        {
            Add(settings);
            return [];
        }
        catch (InvalidInputException error)
        {
            return error.Faults.Select(fault => fault.Path);
        }
    }

    private static void Add(params (string Name, string Value)[] settings) => new ServiceCollection().AddHpoServerless(Configuration(settings));

    private static IConfigurationRoot Configuration(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(Enough.Select(Pair)).AddInMemoryCollection(settings.Select(Pair)).Build();

    private static KeyValuePair<string, string?> Pair((string Name, string Value) setting) => KeyValuePair.Create(setting.Name, (string?)setting.Value);
}
