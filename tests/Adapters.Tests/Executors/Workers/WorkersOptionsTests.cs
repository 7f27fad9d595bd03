using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Executors.Workers;

public sealed class WorkersOptionsTests
{
    [Fact]
    public void All_options_are_read()
    {
        List<Fault> faults = [];
        WorkersOptions options = WorkersOptions.Read(
            Section(("Type", "workers"), ("heartbeat_timeout_s", "12.5"), ("min_n_workers", "3"), ("max_trials", "40"), ("poll_every_s", "2"), ("answer_within_s", "60"), ("stop_grace_s", "1"), ("pause_grace_s", "9")),
            faults);

        Assert.Empty(faults);
        Assert.Equal(
            new WorkersOptions
            {
                Site = "farm",
                HeartbeatTimeout = TimeSpan.FromSeconds(12.5),
                MinWorkers = 3,
                MaxTrials = 40,
                PollEvery = TimeSpan.FromSeconds(2),
                AnswerWithin = TimeSpan.FromMinutes(1),
                StopGrace = TimeSpan.FromSeconds(1),
                PauseGrace = TimeSpan.FromSeconds(9),
            },
            options);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SiteRegistry.Read(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Sites:farm:Type", "workers"),
            new("Sites:farm:min_n_workers", "0"),
            new("Sites:farm:heartbeat_timeout_s", "0.5"),
            new("Sites:farm:Heartbeat", "3"),
            new("Sites:a b:Type", "workers"),
            new("Sites:desk:Type", "passive"),
            new("Sites:desk:min_n_workers", "2"),
        ]).Build()));

        Assert.Equal(
            ["Sites:a b:site", "Sites:desk:min_n_workers", "Sites:farm:Heartbeat", "Sites:farm:heartbeat_timeout_s", "Sites:farm:min_n_workers"],
            error.Faults.Select(fault => fault.Path).Order(StringComparer.Ordinal));
    }

    private static IConfigurationSection Section(params IEnumerable<(string Key, string Value)> options) =>
        new ConfigurationBuilder().AddInMemoryCollection(options.Select(o => KeyValuePair.Create($"Sites:farm:{o.Key}", (string?)o.Value))).Build().GetSection("Sites:farm");
}
