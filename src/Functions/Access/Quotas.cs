using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Access;

/// <summary>Holds users to what they may have.</summary>
/// <remarks>
/// <para>Each user who has a limit has one row with its open experiments. A start writes itself down there first, and only over the version of the row that it counted: of two starts at the same time
/// the second meets the first one's entry and counts again. Every look counts again by the experiments themselves: those that have ended, were never made or are somebody else's are struck out,
/// and the others count as they are. Nothing else strikes out: of two starts of one id, the one that was too late must not take away what the other one made.</para>
/// <para>Cost holds because it is reserved: where there is a limit, an experiment at sites that cost something must say <c>max_cost</c>, and no less for an hour than the installation's prices, at which the engine stops it, and all of that counts until it ends;
/// then what it did cost counts. The engine stops an experiment when it has reached its limit, running trials included, so it exceeds it by what those cost until they have ended.</para>
/// </remarks>
public sealed class Quotas(IRowStore rows, IExperimentStore experiments, HpoOptions options, TimeProvider time)
{
    private const string Partition = "quotas";
    private const int MostOpen = 200;
    private const int Tries = 50;

    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(5);

    /// <summary>Counts an experiment that is about to be made.</summary>
    /// <exception cref="QuotaExceededException">The user would have more than it may.</exception>
    /// <exception cref="InvalidInputException">It must say what it may cost.</exception>
    public async Task ReserveAsync(Caller by, ExperimentRecord experiment, CancellationToken cancellation)
    {
        Quota quota = QuotaOf(by);
        if (!quota.IsLimited)
        {
            return;
        }

        ExperimentDefinition definition = experiment.Definition;
        if (quota.Cost is { } cost)
        {
            RequireCosts(definition, cost);
        }

        OpenExperiment wanted = OpenExperiment.Of(experiment.Id, definition, time.GetUtcNow());
        await ChangeAsync(by, ledger => Checked(ledger.With(wanted), quota), cancellation);
    }

    /// <summary>How much a user may have, and has; null for who has no limit, because nobody counts that.</summary>
    public async Task<(Quota Quota, QuotaUse? Use)> FindAsync(Caller by, CancellationToken cancellation)
    {
        Quota quota = QuotaOf(by);
        if (!quota.IsLimited)
        {
            return (quota, null);
        }

        (Ledger ledger, string? version) = await ReadAsync(by, cancellation);
        if (version is null)
        {
            await rows.PutAsync(Partition, KeyOf(by), Written(ledger), version: null, cancellation); // counting all experiments is done once; where somebody was faster, that counts
        }

        return (quota, ledger.Use);
    }

    private Quota QuotaOf(Caller by) => by == Caller.Host ? new() : options.Access.QuotaOf(by);

    private Ledger Checked(Ledger ledger, Quota quota)
    {
        QuotaUse use = ledger.Use;
        List<Fault> faults = [];
        Need(use.Experiments <= Math.Min(quota.Experiments ?? MostOpen, MostOpen), "experiments", use.Experiments, quota.Experiments ?? MostOpen, "experiments that have not ended: wait, or stop one");
        Need(quota.Trials is null || use.Trials <= quota.Trials, "trials", use.Trials, quota.Trials ?? 0, "trials at once: wait, stop an experiment, or start this one with a smaller maxConcurrent");
        Need(quota.Cost is null || use.Cost <= quota.Cost, "cost", use.Cost, quota.Cost ?? 0, $"within {options.Access.CostDays} days: wait, or lower hpo_config.max_cost");
        return faults.Count == 0 ? ledger : throw new QuotaExceededException([.. faults]);

        void Need(bool holds, string name, double value, int limit, string what)
        {
            if (!holds)
            {
                faults.Add(new($"quotas.{name}", value.ToString("0.##", CultureInfo.InvariantCulture), $"must be at most {limit} {what}"));
            }
        }
    }

    /// <summary>Demands that an experiment says what it costs, and does not say less than the installation does.</summary>
    private void RequireCosts(ExperimentDefinition definition, int most)
    {
        List<Fault> faults = [];
        foreach (string site in definition.SiteNames)
        {
            double said = definition.Sites.FirstOrDefault(known => known.Name == site)?.CostPerHour ?? 0;
            if (options.Access.Prices.TryGetValue(site, out double price) && said < price)
            {
                faults.Add(new("hpo_config.sites", said.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"must have the site {site} with a cost_per_hour of at least {price}, which is its price here")));
            }
        }

        if (faults.Count == 0 && OpenExperiment.Costs(definition) && definition.Stopping.MaxCost is null)
        {
            faults.Add(new("hpo_config.max_cost", null, $"must be given, and be at most {most}: what your experiments may cost is limited; 'hpo whoami' says what is left"));
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    private async Task ChangeAsync(Caller by, Func<Ledger, Ledger> change, CancellationToken cancellation)
    {
        for (int tries = 0; tries < Tries; tries++)
        {
            (Ledger ledger, string? version) = await ReadAsync(by, cancellation);
            if (await rows.PutAsync(Partition, KeyOf(by), Written(change(ledger)), version, cancellation) is not null)
            {
                return;
            }
        }

        throw new UnavailableException("the count of quotas", $"{Tries} other starts of {by.Name} came before this one");
    }

    /// <summary>The row of a user as it would have to be now.</summary>
    private async Task<(Ledger Ledger, string? Version)> ReadAsync(Caller by, CancellationToken cancellation)
    {
        StoredRow? row = await rows.FindAsync(Partition, KeyOf(by), cancellation);
        Ledger ledger = row is null ? await CountAsync(by, cancellation) : JsonSerializer.Deserialize<Ledger>(row.Content, EngineJson.Options)!;
        DateTimeOffset now = time.GetUtcNow();
        foreach (OpenExperiment open in ledger.Open)
        {
            ExperimentRecord? record = await experiments.FindAsync(open.Id, cancellation);
            if (record is null ? now - DateTimeOffset.FromUnixTimeSeconds(open.At) > LongestStart : record.Definition.Owner?.Id != by.Id)
            {
                ledger = ledger.Without(open.Id);
            }
            else if (record?.Summary is { IsFinal: true } ended)
            {
                ledger = ledger.Without(open.Id, DayOf(ended.UpdatedAt), ended.Cost);
            }
            else if (record is not null)
            {
                ledger = ledger.As(OpenExperiment.Of(record.Id, record.Definition, record.Summary.CreatedAt));
            }
        }

        return (ledger.Since(DayOf(now) - options.Access.CostDays + 1), row?.Version);
    }

    /// <summary>The first row of a user: all that it has.</summary>
    private async Task<Ledger> CountAsync(Caller by, CancellationToken cancellation)
    {
        Ledger ledger = Ledger.Empty;
        string? continuation = null;
        do
        {
            Page<ExperimentRecord> page = await experiments.ListAsync(new(1000, continuation), cancellation);
            foreach (ExperimentRecord record in page.Items.Where(record => record.Definition.Owner?.Id == by.Id))
            {
                ledger = record.Summary.IsFinal
                    ? ledger.Without(record.Id, DayOf(record.Summary.UpdatedAt), record.Summary.Cost)
                    : ledger.With(OpenExperiment.Of(record.Id, record.Definition, record.Summary.CreatedAt));
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return ledger;
    }

    private static string Written(Ledger ledger) => JsonSerializer.Serialize(ledger, EngineJson.Options);

    private static int DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime).DayNumber;

    private static string KeyOf(Caller by) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(by.Id)));
}
