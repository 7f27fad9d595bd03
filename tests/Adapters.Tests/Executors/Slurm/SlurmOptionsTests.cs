using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Slurm;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Executors.Slurm;

public sealed class SlurmOptionsTests
{
    [Fact]
    public void All_that_is_given_is_read()
    {
        SlurmOptions options = Read(
            ("folder", "/scratch/ann/hpo"),
            ("api", "https://hpo.example/api"),
            ("partition", "gpu"),
            ("account", "physics"),
            ("gpus", "2"),
            ("cpus", "8"),
            ("mem", "32G"),
            ("time", "12:00:00"),
            ("extra:0", "--constraint=a100"),
            ("extra:1", "--qos=low"),
            ("max_trials", "40"),
            ("poll_every", "30"),
            ("slurm_conf", "/etc/slurm/other.conf"));
        Assert.Equal(("/scratch/ann/hpo", "gpu", "physics", 2, 8), (options.Folder, options.Partition, options.Account, options.Gpus, options.Cpus));
        Assert.Equal(("32G", "12:00:00", 40, 30, "/etc/slurm/other.conf"), (options.Memory, options.Time, options.MaxTrials, options.PollEvery.TotalSeconds, options.Configuration));
        Assert.Equal(["--constraint=a100", "--qos=low"], options.Extra.ToArray());
    }

    [Theory]
    [InlineData("folder", "work", "absolute path")]
    [InlineData("gres", "gpu:1", "together with gres")]
    [InlineData("extra:0", "-p gpu", "long option")]
    [InlineData("extra:0", "--export=NONE", "sets itself")]
    [InlineData("poll_every", "0", "above 0")]
    [InlineData("cpus", "none", "whole number")]
    [InlineData("partitions", "gpu", "is not an option")]
    public void What_is_wrong_is_a_fault(string key, string value, string rule)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(
            () => SiteRegistry.Read(Configuration(("folder", "/scratch"), ("gpus", "1"), (key, value))));
        Assert.Contains(error.Faults, fault => fault.ToString().Contains(rule, StringComparison.Ordinal));
    }

    private static SlurmOptions Read(params (string Key, string Value)[] settings)
    {
        List<Fault> faults = [];
        SlurmOptions options = SlurmOptions.Read(Configuration(settings).GetSection("Sites:cluster"), faults);
        Assert.Empty(faults);
        return options;
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Append(("type", "slurm")).GroupBy(s => s.Item1).Select(s => KeyValuePair.Create($"Sites:cluster:{s.Key}", (string?)s.Last().Item2)))
        .Build();
}
