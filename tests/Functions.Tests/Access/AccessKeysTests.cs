using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Access;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions.Tests.Access;

public sealed class AccessKeysTests
{
    private static readonly string Old = new('o', 32);
    private static readonly string New = new('n', 32);

    [Fact]
    public void Two_keys_of_one_user_hold_at_the_same_time()
    {
        AccessKeys keys = Read(("alice", $"submitter:{Old}, {New}"), ("bob", $"reader:{new string('b', 40)}"));

        Assert.Equal(new Caller("alice", "alice", Roles.Submitter), keys.Find(Old));
        Assert.Equal(keys.Find(Old), keys.Find(New));
        Assert.Equal(Roles.Reader, keys.Find(new string('b', 40))!.Roles);
        Assert.Null(keys.Find(string.Empty));
        Assert.Null(keys.Find($"{Old},{New}"));
        Assert.Null(keys.Find($"submitter:{Old}"));
        Assert.Null(keys.Find(new string('o', 1_000_000)));
    }

    [Theory]
    [InlineData("a", "")]
    [InlineData("a", "operator")]
    [InlineData("a", "operator:")]
    [InlineData("a", "operator:short")]
    [InlineData("a", "admin:00000000000000000000000000000000")]
    [InlineData("a", "00000000000000000000000000000000")]
    [InlineData("a", "operator:00000000000000000000000000000000,")]
    [InlineData("a b", "operator:00000000000000000000000000000000")]
    [InlineData("a", "operator:00000000000000000000000000000000,00000000000000000000000000000000")]
    public void What_is_no_key_is_refused_and_not_shown(string name, string value)
    {
        List<Fault> faults = [];
        AccessKeys.Read(Section((name, value)), faults);

        Assert.DoesNotContain("00000", Assert.Single(faults).ToString());
    }

    [Fact]
    public void A_key_belongs_to_one_user()
    {
        List<Fault> faults = [];
        AccessKeys.Read(Section(("a", $"operator:{Old}"), ("b", $"reader:{Old}")), faults);

        Assert.Equal("Keys:b", Assert.Single(faults).Path);
    }

    private static AccessKeys Read(params (string Name, string Value)[] keys)
    {
        List<Fault> faults = [];
        AccessKeys read = AccessKeys.Read(Section(keys), faults);
        Assert.Empty(faults);
        return read;
    }

    private static IConfigurationSection Section(params (string Name, string Value)[] keys) =>
        new ConfigurationBuilder().AddInMemoryCollection(keys.Select(key => KeyValuePair.Create<string, string?>($"Keys:{key.Name}", key.Value))).Build().GetSection("Keys");
}
