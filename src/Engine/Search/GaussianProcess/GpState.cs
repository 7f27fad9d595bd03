using System.Text.Json;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>What <see cref="GpSearcher"/> remembers: hyperparameters to start the next fits from, and what the portfolio has learned.</summary>
internal sealed class GpState
{
    /// <summary>Hyperparameters that are written at most, of eight characters each.</summary>
    private const int MostNumbers = 4000;

    /// <summary>The last fit of each model, by its name.</summary>
    public Dictionary<string, FitState> Fits { get; init; } = [];

    /// <summary>Gain of each function of the portfolio; empty where it is not used.</summary>
    public double[] Gains { get; set; } = [];

    /// <summary>What each function of the portfolio would have chosen last, as the kernel sees it; shape [functions][d].</summary>
    public double[][] Nominees { get; set; } = [];

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for nothing.</summary>
    public static GpState Parse(string? json) => json is null ? new() : JsonSerializer.Deserialize<GpState>(json)!;

    /// <summary>As text. Hyperparameters are rounded to four decimals of their logarithms, which is all that a start needs; what would make it too long is left out.</summary>
    public string ToJson()
    {
        int numbers = 0;
        return JsonSerializer.Serialize(new GpState
        {
            Fits = Fits.OrderBy(fit => fit.Key, StringComparer.Ordinal)
                .Where(fit => (numbers += fit.Value.Vector.Length) <= MostNumbers)
                .ToDictionary(fit => fit.Key, fit => fit.Value with { Vector = [.. fit.Value.Vector.Select(value => Math.Round(value, 4))] }),
            Gains = Gains,
            Nominees = Nominees.Sum(nominee => nominee.Length) <= MostNumbers / 5 ? Nominees : [],
        });
    }
}
