using System.Collections.Immutable;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Evolution;

/// <summary>What the algorithms suggest for one seed never changes: experiments are refolded from it.</summary>
public sealed class GoldenTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "lr": {"method": "loguniform", "dimension": {"low": 0.001, "high": 1}},
          "layers": {"method": "uniformint", "dimension": {"low": 1, "high": 8}},
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}},
          "rate": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"kind": ["a", "c"]}}
        }
        """);

    [Theory]
    [InlineData("cmaes", "0.0281746 5 c 0.888131; 0.017243 5 c 1")]
    [InlineData("de", "0.00774216 6 a 0.0715616; 0.0236011 6 a 0.0890459")]
    [InlineData("pso", "0.0334611 4 a 0.546029; 0.0213126 6 a 0.915895")]
    [InlineData("oneplusone", "0.019977 5 b; 0.00202416 5 a 0.25623")]
    [InlineData("nelder-mead", "0.0204267 5 c 0.00376092; 0.020558 5 c 0.0205597")]
    [InlineData("regularized-evolution", "0.0243738 5 a 0.814146; 0.0316405 5 a 0.593976")]
    [InlineData("nsga2", "0.00511369 6 c 0.259899; 0.0670402 5 c 0.490937")]
    [InlineData("halton", "0.13737 7 b; 0.00434402 3 a 0.597236")]
    public void Trials_39_and_40_for_seed_1_never_change(string algorithm, string golden)
    {
        ImmutableArray<Observation> observations = SearchPlay.Run(
            SearchPlay.Create(algorithm, "{}", Space),
            Space,
            at => Math.Abs(Math.Log(at["lr"].AsDouble() / 0.02)) + Math.Abs(at["layers"].AsDouble() - 5) + (at.TryGetValue("rate", out ParameterValue rate) ? rate.AsDouble() : 2),
            40);

        Assert.Equal(golden, string.Join("; ", observations[38..].Select(o => Write(o.Configuration))));
    }

    private static string Write(Configuration at) =>
        string.Join(' ', at.Select(pair => pair.Value.TryGetNumber(out double number) ? $"{number:G6}" : pair.Value.ToString()));
}
