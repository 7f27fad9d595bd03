using Azure.Core.Pipeline;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>A pool of Azure Batch that runs trials. The pool exists already; jobs and tasks are made as they are needed.</summary>
public sealed record BatchOptions
{
    /// <summary>Name of the site.</summary>
    public string Site { get; init; } = "batch";

    /// <summary>Address of the Batch account: <c>https://ACCOUNT.REGION.batch.azure.com</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Id of the pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Address under which nodes reach this service.</summary>
    /// <value>Null: that of the installation.</value>
    public Uri? Api { get; init; }

    /// <summary>Client id of the user-assigned identity that this service asks Batch with.</summary>
    /// <value>Null: whoever the process is (the app's identity, or who is signed in).</value>
    public string? ClientId { get; init; }

    /// <summary>Address of a zip that has the folder <c>hpo_trial</c> at its top; each task fetches it.</summary>
    /// <value>Null: the nodes, or the container image, have it.</value>
    public Uri? Harness { get; init; }

    /// <summary>Resource id of the pool's identity, with which nodes fetch <see cref="Harness"/> and the image.</summary>
    /// <value>Null: both are public, or the pool knows how.</value>
    public string? NodeIdentity { get; init; }

    /// <summary>Image in which tasks run. Needed where the pool is one for containers.</summary>
    /// <value>Null: tasks run on the nodes themselves.</value>
    public string? Container { get; init; }

    /// <summary>More options for starting the container, such as <c>--shm-size=2g</c>.</summary>
    public string? ContainerOptions { get; init; }

    /// <summary>Registry of the image, where nodes need their identity to fetch from it.</summary>
    public string? Registry { get; init; }

    /// <summary>Python 3.9 or newer on the nodes or in the image: a path, or a name on PATH.</summary>
    /// <value><c>python3</c></value>
    public string Python { get; init; } = "python3";

    /// <summary>Slots of a node that one segment takes, 1 to 256.</summary>
    /// <value>1</value>
    public int SlotsPerTrial { get; init; } = 1;

    /// <summary>Most segments at the same time.</summary>
    /// <value>Null: as many as the pool has slots, where it does not size itself; else any number.</value>
    public int? MaxTrials { get; init; }

    /// <summary>How often Batch itself runs a program again that failed, 0 to 100.</summary>
    /// <value>0: a script that fails is never retried. What a node loses is run again in any case.</value>
    public int TaskRetries { get; init; }

    /// <summary>How long nodes keep the files of an ended task.</summary>
    /// <value>1 day</value>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Time that a segment gets beyond its time limit, for fetching its files and starting.</summary>
    /// <value>1 minute</value>
    public TimeSpan StartAllowance { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a program that was told to stop may go on, where its experiment does not say.</summary>
    /// <value>0: it is terminated at once.</value>
    public TimeSpan StopGrace { get; init; } = TimeSpan.Zero;

    /// <summary>How long a program that was told to pause may take to save itself and end.</summary>
    /// <value>2 minutes</value>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How old what is known of the tasks may be: one listing answers all who ask in that time.</summary>
    /// <value>10 s</value>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a start waits for others that go to Batch in the same request.</summary>
    /// <value>50 ms</value>
    public TimeSpan GatherFor { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often a request is repeated after 408, 429, 500, 502, 503, 504, a time-out or a broken connection.</summary>
    /// <value>6</value>
    public int Retries { get; init; } = 6;

    /// <summary>Pause before the first repetition, where the service asks for none; it doubles from one to the next, with jitter.</summary>
    /// <value>500 ms</value>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause between repetitions.</summary>
    /// <value>15 s</value>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one request may wait for the network.</summary>
    /// <value>40 s, because the service itself takes up to 30.</value>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>What carries the requests; null takes the one that all clients of the process share.</summary>
    public HttpPipelineTransport? Transport { get; init; }

    /// <summary>Reads the section of one site.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static BatchOptions Read(IConfigurationSection section, List<Fault> faults)
    {
        SiteSection site = new(section, faults);
        BatchOptions defaults = new() { Endpoint = site.Address("Endpoint"), Pool = site.Text("Pool") };
        BatchOptions options = defaults with
        {
            Site = section.Key,
            Api = site.AddressOrNull("Api", loopback: true),
            ClientId = site.TextOrNull("ClientId"),
            Harness = site.AddressOrNull("Harness"),
            NodeIdentity = site.TextOrNull("NodeIdentity"),
            Container = site.TextOrNull("Container"),
            ContainerOptions = site.TextOrNull("ContainerOptions"),
            Registry = site.TextOrNull("Registry"),
            Python = site.TextOrNull("Python") ?? defaults.Python,
            SlotsPerTrial = site.Number("SlotsPerTrial", 1, 256) ?? defaults.SlotsPerTrial,
            MaxTrials = site.Number("MaxTrials", 1, 1_000_000),
            TaskRetries = site.Number("TaskRetries", 0, 100) ?? defaults.TaskRetries,
            Retention = site.Seconds("RetentionS") ?? defaults.Retention,
            StartAllowance = site.Seconds("StartAllowanceS") ?? defaults.StartAllowance,
            StopGrace = site.Seconds("StopGraceS") ?? defaults.StopGrace,
            PauseGrace = site.Seconds("PauseGraceS") ?? defaults.PauseGrace,
            PollEvery = site.Seconds("PollEveryS") ?? defaults.PollEvery,
        };
        site.Done();
        options.Check(section.Path, faults);
        return options;
    }

    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    internal void Validate()
    {
        List<Fault> faults = [];
        Check(Site, faults);
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    private void Check(string path, List<Fault> faults)
    {
        Need(Site.Length is > 0 and <= 100, nameof(Site), Site, "must have 1 to 100 characters");
        Need(Endpoint.Scheme == Uri.UriSchemeHttps, nameof(Endpoint), Endpoint, "must be an https address");
        Need(Pool.Length is > 0 and <= 64 && HasOnly(Pool, "_-"), nameof(Pool), Pool, "must be 1 to 64 of the characters A-Z a-z 0-9 _ -");
        Need(Python.Length > 0 && HasOnly(Python, "_./+-"), nameof(Python), Python, "must be a path or a name of the characters A-Z a-z 0-9 _ . / + -");
        Need(Registry is null || NodeIdentity is not null, nameof(Registry), Registry, "needs NodeIdentity");
        Need(Container is not null || (Registry ?? ContainerOptions) is null, nameof(Container), null, "is missing; Registry and ContainerOptions need it");
        Need(SlotsPerTrial is >= 1 and <= 256, nameof(SlotsPerTrial), SlotsPerTrial, "must be 1 to 256");
        Need(MaxTrials is null or >= 1, nameof(MaxTrials), MaxTrials, "must be at least 1");
        Need(TaskRetries is >= 0 and <= 100, nameof(TaskRetries), TaskRetries, "must be 0 to 100");
        Need(PollEvery > TimeSpan.Zero, nameof(PollEvery), PollEvery, "must be above 0");
        Need(Retries is >= 0 and <= 20, nameof(Retries), Retries, "must be 0 to 20");

        void Need(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                faults.Add(new($"{path}:{name}", value?.ToString(), rule));
            }
        }
    }

    private static bool HasOnly(string text, string others) => text.All(c => char.IsAsciiLetterOrDigit(c) || others.Contains(c, StringComparison.Ordinal));
}
