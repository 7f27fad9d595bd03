using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>How a worker says who it is.</summary>
/// <param name="Slots">How many segments it runs at the same time.</param>
public sealed record WorkerRequest(int Slots)
{
    private const int LongestText = 200;
    private const int MostLabels = 20;
    private const int MostSlots = 1024;

    /// <summary>Site that it works for; null: the only one that has workers.</summary>
    public string? Site { get; init; }

    /// <summary>The only experiment that it works for; null for all.</summary>
    public string? Experiment { get; init; }

    /// <summary>What people call it.</summary>
    public string? Name { get; init; }

    /// <summary>The machine that it runs on.</summary>
    public string? Host { get; init; }

    /// <summary>Its process there.</summary>
    public int Pid { get; init; }

    /// <summary>What people want to know about it.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>Reads <c>{"site", "experiment", "name", "host", "pid", "slots", "labels": […]}</c>.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static WorkerRequest Read(JsonElement json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        WorkerRequest request = new((int)(reader.Integer("slots", 1, MostSlots) ?? 1))
        {
            Site = reader.Text("site"),
            Experiment = reader.Text("experiment"),
            Name = reader.Text("name"),
            Host = reader.Text("host"),
            Pid = (int)(reader.Integer("pid", 0, int.MaxValue) ?? 0),
            Labels = reader.Texts("labels") ?? [],
        };
        foreach ((string key, string? text) in (ReadOnlySpan<(string, string?)>)[("name", request.Name), ("host", request.Host)])
        {
            if (text?.Length > LongestText)
            {
                reader.Fault(key, $"must have at most {LongestText} characters");
            }
            else if (text?.Any(char.IsControl) == true)
            {
                reader.Fault(key, "must have no control characters");
            }
        }

        if (request.Labels.Length > MostLabels || request.Labels.Any(label => label.Length > LongestText))
        {
            reader.Fault("labels", $"must be at most {MostLabels}, each of at most {LongestText} characters");
        }

        if (request.Labels.Any(label => label.Any(char.IsControl)))
        {
            reader.Fault("labels", "must have no control characters");
        }

        reader.Done();
        return faults.Count == 0 ? request : throw new InvalidInputException([.. faults]);
    }
}

/// <summary>What a worker says while it runs: the leases that it has, and, where it wants more, how many.</summary>
/// <param name="Leases">The leases that it has.</param>
/// <param name="Count">How many more it wants at most.</param>
/// <param name="Wait">How long it waits for them.</param>
public sealed record LeaseRequest(ImmutableArray<string> Leases, int Count, TimeSpan Wait)
{
    /// <summary>Longest time that a request waits.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private const int MostLeases = 1024;

    /// <summary>Reads <c>{"leases": […], "count", "waitS"}</c>.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static LeaseRequest Read(JsonElement json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        LeaseRequest request = new(
            reader.Texts("leases") ?? [],
            (int)(reader.Integer("count", 1, MostLeases) ?? 1),
            TimeSpan.FromSeconds(reader.Number("waitS", seconds => seconds >= 0 && seconds <= LongestWait.TotalSeconds, $"must be 0 to {LongestWait.TotalSeconds} seconds") ?? 0));
        if (request.Leases.Length > MostLeases)
        {
            reader.Fault("leases", $"must be at most {MostLeases}");
        }

        reader.Done();
        return faults.Count == 0 ? request : throw new InvalidInputException([.. faults]);
    }
}

/// <summary>A worker gives a segment back that has no outcome.</summary>
/// <param name="Lease">Of the segment.</param>
/// <param name="Error">Why it could not be run to an end, which counts as a loss; null: it is unharmed, and others go on with it.</param>
public sealed record ReturnRequest(string Lease, string? Error)
{
    /// <summary>Reads <c>{"lease", "error"}</c>.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static ReturnRequest Read(JsonElement json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        string? lease = reader.Text("lease");
        if (!reader.Has("lease"))
        {
            reader.Fault("lease", "is missing");
        }

        string? error = reader.Text("error");
        reader.Done();
        return faults.Count == 0 ? new(lease!, error) : throw new InvalidInputException([.. faults]);
    }
}
