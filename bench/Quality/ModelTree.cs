using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;
using static HpoServerless.Bench.Quality.Functions;

namespace HpoServerless.Bench.Quality;

/// <summary>A choice of three models with parameters of their own, one of them nested once more. The best of each model differs.</summary>
/// <remarks>The optimum 0 is a network's; a forest reaches 0.04 and looks better at first, a linear model 0.25. Targets vary by seed.</remarks>
internal static class ModelTree
{
    private static readonly SearchSpace Space = new(
        new CategoricalParameter("model", [ParameterValue.Of("linear"), ParameterValue.Of("forest"), ParameterValue.Of("network")]),
        new LogUniformParameter("alpha", 1e-5, 10, condition: Is("model", "linear")),
        new UniformParameter("l1", 0, 1, Is("model", "linear")),
        new UniformIntParameter("trees", 10, 500, Is("model", "forest")),
        new UniformIntParameter("depth", 2, 30, Is("model", "forest")),
        new CategoricalParameter("bootstrap", [ParameterValue.Of("no"), ParameterValue.Of("yes")], condition: Is("model", "forest")),
        new UniformParameter("samples", .1, 1, Is("bootstrap", "yes")),
        new LogUniformParameter("lr", 1e-6, 1, condition: Is("model", "network")),
        new UniformIntParameter("width", 8, 512, Is("model", "network")),
        new UniformParameter("dropout", 0, .8, Is("model", "network")),
        new CategoricalParameter("act", [ParameterValue.Of("relu"), ParameterValue.Of("gelu"), ParameterValue.Of("tanh")], condition: Is("model", "network")));

    public static Problem Problem(SeededRandom random)
    {
        double alpha = -4 + (4 * random.NextUnit());
        double depth = 5 + random.NextInt(20);
        double samples = .3 + (.5 * random.NextUnit());
        double rate = -4.5 + (3 * random.NextUnit());
        long width = 64 + random.NextInt(385);
        double dropout = .1 + (.5 * random.NextUnit());
        string[] acts = ["relu", "gelu", "tanh"];
        random.Shuffle<string>(acts);

        double Linear(Configuration at) => .25 + (.05 * Square(Math.Log10(at["alpha"].AsDouble()) - alpha)) + (.1 * at["l1"].AsDouble());
        double Forest(Configuration at) => .04 + (.15 * Square(Math.Log10(at["trees"].AsDouble() / 300))) + (.4 * Square((at["depth"].AsDouble() - depth) / 28))
            + (at.TryGetValue("samples", out ParameterValue part) ? .5 * Square(part.AsDouble() - samples) : .08);
        double Network(Configuration at) => (.3 * Square(Math.Log10(at["lr"].AsDouble()) - rate)) + (.9 * Square((at["width"].AsDouble() - width) / 504))
            + (1.5 * Square(at["dropout"].AsDouble() - dropout)) + (.08 * Array.IndexOf(acts, at["act"].ToString()));

        return new(
            Space,
            at => at["model"].ToString() switch { "linear" => Linear(at), "forest" => Forest(at), _ => Network(at) },
            0,
            Configuration.Of(
                ("model", ParameterValue.Of("network")),
                ("lr", ParameterValue.Of(Math.Pow(10, rate))),
                ("width", ParameterValue.Of(width)),
                ("dropout", ParameterValue.Of(dropout)),
                ("act", ParameterValue.Of(acts[0]))));
    }

    private static Condition Is(string parent, string value) => new(new ConditionClause(parent, [ParameterValue.Of(value)]));
}
