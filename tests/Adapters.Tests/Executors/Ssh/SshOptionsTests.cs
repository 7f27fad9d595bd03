using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

public sealed class SshOptionsTests
{
    [Fact]
    public void All_that_is_given_is_read()
    {
        string key = Path.GetTempFileName();
        SshOptions options = Read(
            ("nodes:0", $"ann@gpu1:2222 {key}"),
            ("nodes:1", "bob@[::1]"),
            ("nodes:2", "cy@10.0.0.1"),
            ("known_hosts", key),
            ("folder", "~/work"),
            ("python", "/opt/python3"),
            ("slots", "4"),
            ("prescript", "module load cuda"),
            ("env:WANDB_KEY", "secret"),
            ("overwrite", "true"),
            ("connect_timeout", "5"),
            ("reconn_wait_time", "7.5"),
            ("max_retries", "2"),
            ("async_run", "true"),
            ("async_reconnect", "60"),
            ("async_timeout", "3600"));
        File.Delete(key);
        Assert.Equal([new("ann", "gpu1", 2222, key), new("bob", "::1", null, null), new("cy", "10.0.0.1", null, null)], options.Nodes.ToArray());
        Assert.Equal(("gpu", key, "~/work", "/opt/python3", 4), (options.Site, options.KnownHosts, options.Folder, options.Python, options.Slots));
        Assert.Equal(("module load cuda", "secret", true, false), (options.Prescript, options.Env["WANDB_KEY"], options.Overwrite, options.AcceptNew));
        Assert.Equal((5, 7.5, 2), (options.ConnectTimeout.TotalSeconds, options.ReconnectWait.TotalSeconds, options.MaxRetries));
        Assert.Equal((true, 60, 3600), (options.AsyncRun, options.AsyncReconnect.TotalSeconds, options.AsyncTimeout?.TotalSeconds));
    }

    [Fact]
    public void What_is_not_given_has_defaults()
    {
        SshOptions options = Read(("nodes", "ann@gpu1"));
        Assert.Equal((30.0, 3, 1, false), (options.ReconnectWait.TotalSeconds, options.MaxRetries, options.Slots, options.AcceptNew));
        options = Read(("nodes", "ann@gpu1"), ("async_run", "true"));
        Assert.Equal((30.0, 10, null), (options.AsyncReconnect.TotalSeconds, options.MaxRetries, options.AsyncTimeout));
        Assert.Equal([30, 60, 120, 240, 480, 600, 600], Enumerable.Range(1, 7).Select(failures => options.WaitAfter(failures).TotalSeconds));
    }

    [Theory]
    [InlineData("nodes:0", "gpu1", "has no @")]
    [InlineData("nodes:0", "ann@gpu1:ssh", "port from 1 to 65535; ssh is none")]
    [InlineData("nodes:0", "ann@gpu1:70000", "port from 1 to 65535")]
    [InlineData("nodes:0", "ann@gpu1 /no/such/key", "/no/such/key does not")]
    [InlineData("nodes:0", "ann@-oProxyCommand=x", "letters, digits")]
    [InlineData("nodes:0", "-oProxyCommand=x@gpu1", "letters, digits")]
    [InlineData("known_hosts", "/no/such/file", "must be a file that exists")]
    [InlineData("slots", "0", "from 1 to 256")]
    [InlineData("accept_new", "maybe", "true or false")]
    [InlineData("connect_timeout", "0", "at least 1 s")]
    [InlineData("env:2X", "secret", "begins with no digit")]
    [InlineData("async_run", "maybe", "true or false")]
    [InlineData("async_reconnect", "0", "above 0")]
    [InlineData("async_timeout", "60", "needs async_run")]
    [InlineData("nodez", "ann@gpu1", "is not an option")]
    [InlineData("nodes:8", "ann@gpu9", "must name every node once")]
    [InlineData("python", "", "must not be empty")]
    [InlineData("env", "secret", "must be an object of names and texts")]
    [InlineData("connect_timeout", "0.5", "was 0.5 s")]
    public void What_is_wrong_is_a_fault_that_shows_no_secret(string key, string value, string rule)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SiteRegistry.Read(Configuration(("nodes:9", "ann@gpu9"), (key, value))));
        Assert.Contains(error.Faults, fault => fault.ToString().Contains(rule, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_needs_a_node()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SiteRegistry.Read(Configuration(("slots", "2"))));
        Assert.Contains("must list at least one", Assert.Single(error.Faults).Rule, StringComparison.Ordinal);
    }

    private static SshOptions Read(params (string Key, string Value)[] settings)
    {
        List<Fault> faults = [];
        SshOptions options = SshOptions.Read(Configuration(settings).GetSection("Sites:gpu"), faults);
        Assert.Empty(faults);
        return options;
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Append(("type", "ssh")).Select(s => KeyValuePair.Create($"Sites:gpu:{s.Item1}", (string?)s.Item2)))
        .Build();
}
