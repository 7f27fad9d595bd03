using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Executors.Machine;

public sealed class MachineOptionsTests
{
    [Theory]
    [InlineData("gpus", "0, 1,3")]
    [InlineData("gpu_ids", "0,1,3")]
    public void Cards_are_named_in_one_text(string key, string cards)
    {
        MachineOptions options = Read(hasCards: true, (key, cards), ("jobs_per_gpu", "2"));
        Assert.Equal(["0", "1", "3"], options.Cards);
        Assert.Equal(2, options.JobsPerCard);
        Assert.True(options.HasCards);
    }

    [Fact]
    public void Each_card_may_have_a_number_of_jobs()
    {
        Assert.Equal([1, 2], Read(hasCards: true, ("gpus", "0,1"), ("jobs_per_gpu", "1, 2")).JobsOfCards);
        Assert.Equal(["Sites:box:jobs_per_gpu"], Faults(hasCards: true, ("gpus", "0,1"), ("jobs_per_gpu", "1,2,3")));
        Assert.Equal(["Sites:box:jobs_per_gpu"], Faults(hasCards: true, ("gpus", "0,1"), ("jobs_per_gpu", "1,x")));
    }

    [Fact]
    public void Cards_are_named_in_a_list() => Assert.Equal(["GPU-8f1c", "2"], Read(hasCards: true, ("gpus:0", "GPU-8f1c"), ("gpus:1", "2")).Cards);

    [Fact]
    public void Cards_that_are_not_named_are_those_that_the_drivers_tool_shows()
    {
        string tool = Path.Combine(Directory.CreateTempSubdirectory("hpo-smi-").FullName, "smi");
        Write(tool, "[ \"$1\" = --query-gpu=index ] && [ \"$2\" = --format=csv,noheader ] && printf '0\\n2\\n'");
        Assert.Equal(["0", "2"], GraphicsCards.Ask(tool));
        Write(tool, "echo 0; echo 'no driver' >&2; exit 9");
        Assert.Empty(GraphicsCards.Ask(tool));
        Assert.Empty(GraphicsCards.Ask(tool + "-that-is-not-there"));
        Directory.Delete(Path.GetDirectoryName(tool)!, recursive: true);
    }

    [Fact]
    public void A_site_of_type_cpu_has_no_cards() => Assert.Empty(Read(hasCards: false, ("n_parallel", "3")).Cards);

    [Fact]
    public void All_that_can_be_said_is_read()
    {
        MachineOptions options = Read(
            hasCards: false,
            ("n_parallel", "3"), ("cpus", "0"), ("cpus_per_job", "0.5"), ("memory_limit_mb", "512"), ("time_limit", "60"), ("env:MODE", "fast"), ("python", "/bin/python"), ("stop_grace", "1"), ("pause_grace", "2"));
        Assert.Equal((3, 0.5, 512, TimeSpan.FromMinutes(1), "/bin/python"), (options.Parallel, options.CoresPerJob, options.MemoryMiB, options.TimeLimit, options.Python));
        Assert.Equal([0], options.Cores);
        Assert.Equal("fast", options.Env["MODE"]);
        Assert.Equal((1.0, 2.0), (options.StopGrace.TotalSeconds, options.PauseGrace.TotalSeconds));
    }

    [Fact]
    public void Every_fault_is_told()
    {
        string[] paths = Faults(
            hasCards: true,
            ("gpus", "0,0"), ("gpu_ids", "1"), ("jobs_per_gpu", "0"), ("n_parallel", "none"), ("cpus", "3-1"), ("cpus_per_job", "1.5"), ("time_limit", "0"), ("env:1X", "a"), ("env:HPO_KEY", "a"), ("color", "red"));
        Assert.Equal(
            ["color", "cpus", "cpus_per_job", "env", "env:1X", "gpu_ids", "gpus", "jobs_per_gpu", "n_parallel", "time_limit"],
            paths.Select(path => path["Sites:box:".Length..]).Order());
        Assert.Equal(["Sites:box:jobs_per_gpu"], Faults(hasCards: false, ("jobs_per_gpu", "2")));
        Assert.Equal(["Sites:box:cpus"], Faults(hasCards: false, ("cpus", "4095")));
        Assert.Equal(["Sites:box:gpus"], Faults(hasCards: true, ("gpus", "0;rm")));
    }

    [Fact]
    public void The_registry_knows_both_types()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Sites:box:type"] = "gpu",
            ["Sites:box:gpus"] = "0",
            ["Sites:slow:type"] = "cpu",
        }).Build();
        Assert.Equal(2, SiteRegistry.Read(configuration).Length);
    }

    private static MachineOptions Read(bool hasCards, params (string Key, string Value)[] settings)
    {
        List<Fault> faults = [];
        MachineOptions options = Read(hasCards, settings, faults);
        Assert.Empty(faults);
        return options;
    }

    private static string[] Faults(bool hasCards, params (string Key, string Value)[] settings)
    {
        List<Fault> faults = [];
        Read(hasCards, settings, faults);
        return [.. faults.Select(fault => fault.Path)];
    }

    private static MachineOptions Read(bool hasCards, (string Key, string Value)[] settings, List<Fault> faults)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Sites:box:{setting.Key}", (string?)setting.Value)))
            .Build();
        return MachineOptions.Read(configuration.GetSection("Sites:box"), hasCards, faults);
    }

    private static void Write(string program, string text)
    {
        File.WriteAllText(program, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
