using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;
using static HpoServerless.Bench.Quality.Functions;

namespace HpoServerless.Bench.Quality;

/// <summary>Two real, two logarithmic, two integer and two categorical parameters with interactions; minimum 0.</summary>
/// <remarks><see cref="Peers"/> is the problem that the peers were measured on; <see cref="Shifted"/> moves its targets and deals its categories anew.</remarks>
internal sealed record Mixed8(double X, double Y, double Lr, double Wd, double N, double K, string[] Acts, string[] Scheds)
{
    private static readonly string[] AllActs = ["relu", "gelu", "tanh", "none"];
    private static readonly string[] AllScheds = ["cos", "step", "const"];
    private static readonly double[] ActCosts = [0, .1, .25, .8];

    private static readonly SearchSpace Space = new(
        new UniformParameter("x", -1, 1),
        new UniformParameter("y", -1, 1),
        new LogUniformParameter("lr", 1e-6, 1),
        new LogUniformParameter("wd", 1e-7, 1e-1),
        new UniformIntParameter("n", 1, 128),
        new UniformIntParameter("k", 1, 12),
        new CategoricalParameter("act", [.. AllActs.Select(ParameterValue.Of)]),
        new CategoricalParameter("sched", [.. AllScheds.Select(ParameterValue.Of)]));

    public static Problem Peers() => new Mixed8(.3, -.5, -3, -4, 37, 5, AllActs, AllScheds).AsProblem();

    public static Problem Shifted(SeededRandom random)
    {
        string[] acts = [.. AllActs];
        string[] scheds = [.. AllScheds];
        random.Shuffle<string>(acts);
        random.Shuffle<string>(scheds);
        double Between(double low, double high) => low + ((high - low) * random.NextUnit());
        return new Mixed8(
            Between(-.8, .8), Between(-.8, .8), Between(-5.4, -.6), Between(-6.4, -1.6), 10 + random.NextInt(110), 2 + random.NextInt(10), acts, scheds).AsProblem();
    }

    private Problem AsProblem() => new(Space, Value, 0, Configuration.Of(
        ("x", ParameterValue.Of(X)),
        ("y", ParameterValue.Of(Y)),
        ("lr", ParameterValue.Of(Math.Pow(10, Lr))),
        ("wd", ParameterValue.Of(Math.Pow(10, Wd))),
        ("n", ParameterValue.Of((long)N)),
        ("k", ParameterValue.Of((long)K)),
        ("act", ParameterValue.Of(Acts[0])),
        ("sched", ParameterValue.Of(Scheds[0]))));

    private double? Value(Configuration at)
    {
        double x = at["x"].AsDouble();
        double lr = Math.Log10(at["lr"].AsDouble()) - Lr;
        double wd = Math.Log10(at["wd"].AsDouble()) - Wd;
        int act = Array.IndexOf(Acts, at["act"].ToString());
        double sched = Array.IndexOf(Scheds, at["sched"].ToString()) switch { 0 => 0, 1 => .25 + (.2 * x), _ => .4 };
        return Square(x - X) + (4 * Square(at["y"].AsDouble() - Y)) + (lr * lr / 4) + (wd * wd / 8) + Square((at["n"].AsDouble() - N) / 50)
            + Square((at["k"].AsDouble() - K) / 4) + ActCosts[act] + sched + (act == 2 ? .1 * Math.Abs(lr) : 0);
    }
}
