using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Aws;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Executors.Aws;

public sealed class AwsOptionsTests
{
    [Fact]
    public void All_that_is_given_is_read()
    {
        AwsOptions options = Read(
            ("nodes:0", "ann@i-0123456789abcdef0:2222"),
            ("nodes:1", "i-01234567"),
            ("nodes:2", "bob@plain.example"),
            ("user", "ubuntu"),
            ("region", "eu-central-1"),
            ("stop_after", "true"),
            ("private_address", "true"),
            ("start_timeout", "60"),
            ("poll_every", "2.5"),
            ("endpoint", "http://127.0.0.1:4566"),
            ("slots", "3"),
            ("async_run", "true"));
        Assert.Equal([new("ann", "i-0123456789abcdef0", 2222, null), new("ubuntu", "i-01234567", null, null), new("bob", "plain.example", null, null)], options.Ssh.Nodes.ToArray());
        Assert.Equal([true, true, false], options.Ssh.Nodes.Select(AwsOptions.IsInstance));
        Assert.Equal(("eu-central-1", true, true, 60, 2.5), (options.Region, options.StopAfter, options.PrivateAddress, options.StartTimeout.TotalSeconds, options.PollEvery.TotalSeconds));
        Assert.Equal(("http://127.0.0.1:4566/", 3, true), (options.Address.ToString(), options.Ssh.Slots, options.Ssh.AsyncRun));
    }

    [Theory]
    [InlineData("eu-central-1", "https://ec2.eu-central-1.amazonaws.com/")]
    [InlineData("cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn/")]
    public void Regions_have_addresses(string region, string address)
    {
        AwsOptions options = Read(("nodes", "i-01234567"), ("region", region));
        Assert.Equal((address, false, 300), (options.Address.ToString(), options.StopAfter, options.StartTimeout.TotalSeconds));
        Assert.Equal("ec2-user", options.Ssh.Nodes[0].User);
    }

    [Theory]
    [InlineData("region", "Frankfurt", "region of AWS")]
    [InlineData("endpoint", "http://ec2.example", "https address")]
    [InlineData("poll_every", "0", "above 0")]
    [InlineData("stop_after", "perhaps", "true or false")]
    [InlineData("nodes:1", "gpu1", "has no @")]
    [InlineData("shutdown", "true", "is not an option")]
    public void What_is_wrong_is_a_fault(string key, string value, string rule)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SiteRegistry.Read(Configuration(("nodes:0", "i-01234567"), ("region", "eu-west-1"), (key, value))));
        Assert.Contains(error.Faults, fault => fault.ToString().Contains(rule, StringComparison.Ordinal));
    }

    private static AwsOptions Read(params (string Key, string Value)[] settings)
    {
        List<Fault> faults = [];
        AwsOptions options = AwsOptions.Read(Configuration(settings).GetSection("Sites:cloud"), faults, defaultRegion: null);
        Assert.Empty(faults);
        return options;
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Append(("type", "aws")).GroupBy(s => s.Item1).Select(s => KeyValuePair.Create($"Sites:cloud:{s.Key}", (string?)s.Last().Item2)))
        .Build();
}
