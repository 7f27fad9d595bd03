using System.Text.Json;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>What <see cref="GpSearcher"/> remembers: hyperparameters to start the next fits from, and what the portfolio has learned.</summary>
internal sealed class GpState
{
    /// <summary>The last fit of each model, by its name.</summary>
    public Dictionary<string, FitState> Fits { get; init; } = [];

    /// <summary>Gain of each function of the portfolio; empty where it is not used.</summary>
    public double[] Gains { get; set; } = [];

    /// <summary>What each function of the portfolio would have chosen last, as the kernel sees it; shape [functions][d].</summary>
    public double[][] Nominees { get; set; } = [];

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for nothing.</summary>
    public static GpState Parse(string? json) => json is null ? new() : JsonSerializer.Deserialize<GpState>(json)!;

    /// <summary>As text. Hyperparameters are rounded to four decimals of their logarithms, which is all that a start needs.</summary>
    public string ToJson() => JsonSerializer.Serialize(new GpState
    {
        Fits = Fits.OrderBy(fit => fit.Key, StringComparer.Ordinal)
            .ToDictionary(fit => fit.Key, fit => fit.Value with { Vector = [.. fit.Value.Vector.Select(value => Math.Round(value, 4))] }),
        Gains = Gains,
        Nominees = Nominees,
    });
}
