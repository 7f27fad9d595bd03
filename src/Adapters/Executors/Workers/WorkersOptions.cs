using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>A site whose segments wait until somebody fetches them: workers, programs or people.</summary>
public sealed record WorkersOptions
{
    /// <summary>Name of the site; 1 to 60 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    public required string Site { get; init; }

    /// <summary>Whether somebody answers by hand: one segment at a time, and no lease ends by itself.</summary>
    public bool IsPassive { get; init; }

    /// <summary>How long a worker that is not heard of keeps what it leased.</summary>
    /// <value>30 s</value>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many workers must be there before the first segment of an experiment is given out.</summary>
    /// <value>1</value>
    public int MinWorkers { get; init; } = 1;

    /// <summary>Most segments at the same time, however many workers there are.</summary>
    /// <value>Null: as many as the workers have slots.</value>
    public int? MaxTrials { get; init; }

    /// <summary>Most segments that may be leased at the same time, of all experiments; null where only the workers limit it.</summary>
    internal int? MostLeased => IsPassive ? 1 : MaxTrials;

    /// <summary>How often a worker asks whether what it runs is to end.</summary>
    /// <value>5 s</value>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a program that asked for a trial may take until it tells something about it.</summary>
    /// <value>1 hour</value>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a program that was told to stop may go on, where its experiment does not say.</summary>
    /// <value>5 s</value>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a program that was told to pause may take to save itself and end.</summary>
    /// <value>60 s</value>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Reads the section of a site of type <c>workers</c>.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static WorkersOptions Read(IConfigurationSection section, List<Fault> faults)
    {
        SiteSection site = new(section, faults);
        WorkersOptions defaults = new() { Site = section.Key };
        WorkersOptions options = defaults with
        {
            HeartbeatTimeout = site.Seconds("heartbeat_timeout_s") ?? defaults.HeartbeatTimeout,
            MinWorkers = site.Number("min_n_workers", 1, 100_000) ?? defaults.MinWorkers,
            MaxTrials = site.Number("max_trials", 1, 1_000_000),
            PollEvery = site.Seconds("poll_every_s") ?? defaults.PollEvery,
            AnswerWithin = site.Seconds("answer_within_s") ?? defaults.AnswerWithin,
            StopGrace = site.Seconds("stop_grace_s") ?? defaults.StopGrace,
            PauseGrace = site.Seconds("pause_grace_s") ?? defaults.PauseGrace,
        };
        site.Done();
        options.Check(section.Path, faults);
        return options;
    }

    /// <summary>Reads the section of a site of type <c>passive</c>, which has no options.</summary>
    /// <inheritdoc cref="Read"/>
    public static WorkersOptions ReadPassive(IConfigurationSection section, List<Fault> faults)
    {
        new SiteSection(section, faults).Done();
        WorkersOptions options = new() { Site = section.Key, IsPassive = true };
        options.Check(section.Path, faults);
        return options;
    }

    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    internal WorkersOptions Validated()
    {
        List<Fault> faults = [];
        Check(Site, faults);
        return faults.Count == 0 ? this : throw new InvalidInputException([.. faults]);
    }

    private void Check(string path, List<Fault> faults)
    {
        const int LongestSite = 60; // a lease is named for it
        Need(RowRules.IsKey(Site) && Site.Length <= LongestSite, "site", Site, $"must be 1 to {LongestSite} of the characters A-Z a-z 0-9 . _ -");
        Need(HeartbeatTimeout >= TimeSpan.FromSeconds(1), "heartbeat_timeout_s", HeartbeatTimeout, "must be at least 1 second");
        Need(MinWorkers >= 1, "min_n_workers", MinWorkers, "must be at least 1");
        Need(MaxTrials is null or >= 1, "max_trials", MaxTrials, "must be at least 1");
        Need(PollEvery >= TimeSpan.FromSeconds(0.1), "poll_every_s", PollEvery, "must be at least 0.1 seconds");
        Need(AnswerWithin >= TimeSpan.FromSeconds(1), "answer_within_s", AnswerWithin, "must be at least 1 second");

        void Need(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                faults.Add(new($"{path}:{name}", value?.ToString(), rule));
            }
        }
    }
}
