using HpoServerless.Engine.Experiments;

namespace HpoServerless.Bench.Pruning;

/// <summary>A way to draw tables of learning curves, one a seed.</summary>
/// <param name="Name">Of the family.</param>
/// <param name="About">What its curves are like, for people.</param>
/// <param name="Steps">Of every curve.</param>
/// <param name="Noise">Standard deviation of what is observed, in units of <see cref="Scale"/>.</param>
/// <param name="Draw">Draws one configuration: its curve without noise, by step.</param>
internal sealed record CurveFamily(string Name, string About, int Steps, double Noise, Func<SplitMix64, Func<int, double>> Draw)
{
    private const int Configurations = 100;

    /// <summary>The peers' two tables.</summary>
    public static CurveFamily[] Peers { get; } =
    [
        new("plain", "exponential decay", 81, 0.01, static random => Exponential(random, slowIsGood: false)),
        new("crossing", "the same, but good configurations learn slowly", 81, 0.01, static random => Exponential(random, slowIsGood: true)),
    ];

    /// <summary>Families that nobody tuned for.</summary>
    public static CurveFamily[] Others { get; } =
    [
        new("power", "power laws", 81, 0.01, static random =>
        {
            (double end, double start, double rate) = (End(random), 0.5 + random.Unit(), 0.3 + (1.2 * random.Unit()));
            return t => end + (start * Math.Pow(t, -rate));
        }),
        new("noisy", "exponential decay with ten times the noise", 81, 0.1, static random => Exponential(random, slowIsGood: false)),
        new("worsening", "six of ten get worse again after some time", 81, 0.01, static random =>
        {
            Func<int, double> falls = Exponential(random, slowIsGood: false);
            (double slope, double turn) = (random.Unit(), 10 + (60 * random.Unit()));
            return t => falls(t) + (slope < 0.4 ? 0 : slope * 0.6 * Math.Max(0, t - turn) / 81);
        }),
        new("accuracy", "per cent, maximised, 30 steps, a fifth never learns", 30, 0.005, static random =>
        {
            (double best, double rate, double luck) = (0.95 - (0.6 * random.Unit()), 0.4 + (1.2 * random.Unit()), random.Unit());
            return t => best * (1 - (0.8 * Math.Pow(t, -rate))) * (luck < 0.2 ? 0.1 : 1);
        }) { Scale = 100, Mode = OptimizationMode.Max },
        new("scaled", "exponential decay in millions below zero, 300 steps", 300, 0.01, static random =>
        {
            (double end, double start, double rate) = (End(random), 0.5 + random.Unit(), Math.Exp(Math.Log(0.008) + (random.Unit() * Math.Log(25))));
            return t => end + (start * Math.Exp(-rate * t));
        }) { Scale = 1e6, Offset = -5e6 },
        new("diverging", "power laws; a quarter blows up, a tenth becomes no number", 81, 0.01, static random =>
        {
            (double end, double start, double rate, double luck, double turn) = (End(random), 0.5 + random.Unit(), 0.3 + (1.2 * random.Unit()), random.Unit(), 1 + (40 * random.Unit()));
            return t => t <= turn || luck >= 0.35 ? end + (start * Math.Pow(t, -rate)) : luck < 0.1 ? double.NaN : end + Math.Min(1e6, Math.Exp(0.4 * (t - turn)));
        }),
        new("steps", "plateaus with a sudden drop", 81, 0.01, static random =>
        {
            (double end, double start, double rate, double drop, double when) = (End(random), 0.5 + random.Unit(), 0.2 + random.Unit(), 0.3 + (0.5 * random.Unit()), 30 * random.Unit());
            return t => end + (start * Math.Exp(-rate * t)) + (drop / (1 + Math.Exp((t - when) / 2)));
        }),
    ];

    /// <summary>Factor of all values.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What is added to all values.</summary>
    public double Offset { get; init; }

    /// <summary>Which values are good.</summary>
    public OptimizationMode Mode { get; init; }

    /// <summary>The table of a seed. All draws come from one stream: a configuration, then its noise step by step, then the next one.</summary>
    public CurveTable Table(int seed)
    {
        SplitMix64 random = new(seed);
        double[][] exact = new double[Configurations][];
        double[][] observed = new double[Configurations][];
        for (int c = 0; c < Configurations; c++)
        {
            Func<int, double> curve = Draw(random);
            exact[c] = [.. Enumerable.Range(1, Steps).Select(t => Offset + (Scale * curve(t)))];
            observed[c] = [.. exact[c].Select(value => value + (Scale * Noise * random.Normal()))];
        }

        return new(exact, observed, Mode);
    }

    private static double End(SplitMix64 random)
    {
        double quality = random.Unit();
        return 0.05 + (0.5 * quality * quality);
    }

    private static Func<int, double> Exponential(SplitMix64 random, bool slowIsGood)
    {
        double quality = random.Unit();
        double start = .5 + random.Unit();
        double speed = random.Unit();
        speed = slowIsGood ? (.7 * quality) + (.3 * speed) : speed;
        double rate = Math.Exp(Math.Log(.03) + (speed * (Math.Log(.5) - Math.Log(.03))));
        double end = .05 + (.5 * quality * quality);
        return t => end + (start * Math.Exp(-rate * t));
    }
}
