using Azure.Core.Pipeline;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Where in a storage account the data live, and how patiently it is asked.</summary>
public sealed record AzureStoreOptions
{
    /// <summary>First part of the names of all tables and containers, so that several installations can share an account; 2 to 30 of <c>a-z 0-9</c>, a letter first.</summary>
    /// <value><c>hpo</c></value>
    public string Prefix { get; init; } = "hpo";

    /// <summary>How often a request is repeated after 408, 429, 500, 502, 503, 504, a time-out or a broken connection.</summary>
    /// <value>5</value>
    public int Retries { get; init; } = 5;

    /// <summary>Pause before the first repetition; it doubles from one to the next, with jitter.</summary>
    /// <value>200 ms</value>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause between repetitions.</summary>
    /// <value>5 s</value>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request to a table may wait for the network; requests for blobs may wait four times as long.</summary>
    /// <value>15 s</value>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one call may take in all, repetitions and pauses included. Then it is given up as unavailable.</summary>
    /// <value>2 min</value>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the creation of a table or container is tried whose predecessor of the same name is still being deleted.</summary>
    /// <value>30</value>
    public int CreationAttempts { get; init; } = 30;

    /// <summary>Pause between such attempts. The service blocks a name for 40 s or longer.</summary>
    /// <value>3 s</value>
    public TimeSpan CreationPause { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What carries the requests; null takes the one that all clients of the process share.</summary>
    public HttpPipelineTransport? Transport { get; init; }

    /// <summary>Hears where storage throttles.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <exception cref="InvalidInputException">One or more options are out of range.</exception>
    internal void Check()
    {
        List<Fault> faults = [];
        Require(Prefix.Length is >= 2 and <= 30 && char.IsAsciiLetterLower(Prefix[0]) && Prefix.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)),
            "prefix", Prefix, "must be 2 to 30 of a-z 0-9, a letter first");
        Require(Retries is >= 0 and <= 20, "retries", Retries, "must be 0 to 20");
        Require(FirstPause >= TimeSpan.Zero, "firstPause", FirstPause, "must not be negative");
        Require(LongestPause >= FirstPause, "longestPause", LongestPause, "must not be below firstPause");
        Require(NetworkTimeout > TimeSpan.Zero, "networkTimeout", NetworkTimeout, "must be above 0");
        Require(CallTimeout > TimeSpan.Zero, "callTimeout", CallTimeout, "must be above 0");
        Require(CreationAttempts >= 1, "creationAttempts", CreationAttempts, "must be at least 1");
        Require(CreationPause >= TimeSpan.Zero, "creationPause", CreationPause, "must not be negative");
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        void Require(bool holds, string path, object value, string rule)
        {
            if (!holds)
            {
                faults.Add(new(path, value.ToString(), rule));
            }
        }
    }
}
