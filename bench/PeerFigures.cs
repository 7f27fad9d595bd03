using System.Text.Json;
using HpoServerless.Bench.Quality;

namespace HpoServerless.Bench;

/// <summary>What was measured once on other packages, from <c>peers_quality.json</c>.</summary>
/// <param name="Machine">What it was measured on.</param>
/// <param name="Origin">How it was measured.</param>
/// <param name="Columns">Name and description of each peer, in order.</param>
/// <param name="Quality">Regret by evaluations, problem and peer; a peer that was not measured there is missing.</param>
/// <param name="AskTell">Cost of proposing trials.</param>
internal sealed record PeerFigures(
    string Machine,
    string Origin,
    IReadOnlyDictionary<string, string> Columns,
    IReadOnlyDictionary<int, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quartiles>>> Quality,
    IReadOnlyList<PeerAskTell> AskTell)
{
    public static PeerFigures Load() =>
        JsonSerializer.Deserialize<PeerFigures>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "peers_quality.json")), JsonSerializerOptions.Web)!;

    public Quartiles? Find(int evaluations, string problem, string peer) =>
        Quality.TryGetValue(evaluations, out var problems) && problems.TryGetValue(problem, out var peers) && peers.TryGetValue(peer, out Quartiles? figure) ? figure : null;
}

/// <summary>One row of the peers' ask and tell cost.</summary>
/// <param name="Build">The package and its version.</param>
/// <param name="Algorithm">Which of its samplers.</param>
/// <param name="Parameters">Of the space.</param>
/// <param name="Cumulative">Time of the first so many trials.</param>
/// <param name="Trials">How many it did before it was stopped.</param>
/// <param name="MillisecondsATrial">Over the last 50.</param>
/// <param name="PeakMegabytes">Resident, the interpreter and its imports included.</param>
internal sealed record PeerAskTell(
    string Build, string Algorithm, int Parameters, IReadOnlyDictionary<int, PeerTime>? Cumulative, int Trials, double MillisecondsATrial, double PeakMegabytes);

/// <param name="Seconds">Wall time.</param>
/// <param name="CpuSeconds">Of the process; null where it was not measured.</param>
internal sealed record PeerTime(double Seconds, double? CpuSeconds);
