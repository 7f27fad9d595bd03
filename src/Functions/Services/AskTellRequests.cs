using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>A program asks for a trial.</summary>
/// <param name="Client">What it calls itself; asking again under the same name gives the same trial until it was told. Null: each request is somebody new.</param>
/// <param name="Site">Of which of the experiment's sites; null for any that gives out trials.</param>
/// <param name="Wait">How long it waits for one.</param>
public sealed record AskRequest(string? Client, string? Site, TimeSpan Wait)
{
    private const int LongestClient = 30;
    private const double UsualWait = 10;

    /// <summary>Reads <c>{"client", "site", "waitS"}</c>; all of it may be missing.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static AskRequest Read(JsonElement? json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        string? client = reader.Text("client");
        if (client is not null && (client.Length is 0 or > LongestClient || !client.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
        {
            reader.Fault("client", $"must be 1 to {LongestClient} of the characters A-Z a-z 0-9 . _ -");
        }

        string? site = reader.Text("site");
        double longest = LeaseRequest.LongestWait.TotalSeconds;
        double wait = reader.Number("waitS", seconds => seconds >= 0 && seconds <= longest, $"must be 0 to {longest} seconds") ?? UsualWait;
        reader.Done();
        return faults.Count == 0 ? new(client, site, TimeSpan.FromSeconds(wait)) : throw new InvalidInputException([.. faults]);
    }
}

/// <summary>A program, or a person, tells about a trial.</summary>
/// <param name="Trial">Number of the trial; null for the only one that waits for an answer by hand.</param>
/// <param name="Lease">From the answer to the question; null where it is answered by hand.</param>
/// <param name="Metrics">What came out, at <paramref name="Step"/>; null with <paramref name="Error"/>.</param>
/// <param name="Step">How far the trial is; null: the step after the last, or, where it is not done, the one at which it has to ask.</param>
/// <param name="Done">Whether it goes no further; null: not where a step is given.</param>
/// <param name="Error">Why it failed.</param>
public sealed record TellRequest(int? Trial, string? Lease, Metrics? Metrics, long? Step, bool? Done, string? Error)
{
    private const int LongestError = 4000;

    /// <summary>Reads <c>{"trial", "lease", "metrics": {…}, "step", "done", "error"}</c>.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static TellRequest Read(JsonElement json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        TellRequest request = new(
            (int?)reader.Integer("trial", 1, int.MaxValue),
            reader.Text("lease"),
            ReadMetrics(reader),
            reader.Integer("step", 1, long.MaxValue),
            reader.Flag("done"),
            reader.Text("error"));
        if (request.Metrics is null == request.Error is null)
        {
            reader.Fault(request.Error is null ? "metrics" : "error", request.Error is null ? "is missing; tell metrics, or error where the trial failed" : "must not stand beside metrics");
        }

        if (request.Error?.Length is 0 or > LongestError)
        {
            reader.Fault("error", $"must have 1 to {LongestError} characters");
        }

        reader.Done();
        return faults.Count == 0 ? request : throw new InvalidInputException([.. faults]);
    }

    private static Metrics? ReadMetrics(DocumentReader reader)
    {
        if (reader.Find("metrics") is not { } json)
        {
            return null;
        }

        try
        {
            return json.Deserialize<Metrics>(EngineJson.Options);
        }
        catch (JsonException)
        {
            reader.Fault("metrics", "must be an object of numbers; what is not finite is written \"nan\", \"inf\" or \"-inf\"");
            return new();
        }
    }
}
