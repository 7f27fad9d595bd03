using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Steering;

namespace HpoServerless.Engine.Tests.Steering;

public class SteeringDocumentTests
{
    private const string Space = """{"x": {"method": "uniform", "dimension": {"low": -5, "high": 5}}, "n": {"method": "uniformint", "dimension": {"low": 1, "high": 3}}}""";
    private const string Grid = """{"n": {"method": "uniformint", "dimension": {"low": 1, "high": 4}}}""";

    public static TheoryData<string> Algorithms => [.. SearcherRegistry.Names.Where(name => name != "grid")];

    [Theory]
    [InlineData(5, null, 5)]
    [InlineData(5, 100, 5)]
    [InlineData(5, 6, 3)]
    [InlineData(5, 3, 0)]
    [InlineData(5, 2, 0)]
    [InlineData(5, 0, 0)]
    [InlineData(0, 100, 0)]
    public void Next_counts_pending_and_finished_points_against_the_most(int wanted, int? most, int expected)
    {
        SteeringDocument document = Document("""[[{"x": 1, "n": 2}, 0.5], [{"x": 2, "n": 1}, null], [{"x": 3, "n": 3}, 0.0]]""");

        Assert.Equal(expected, document.Next(new("random", wanted) { MaxPoints = most }).GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Next_is_the_same_for_the_same_file_and_inside_the_space(string algorithm)
    {
        SearchSpace space = SearchSpace.Parse(Space);
        string points = "[" + string.Join(',', Enumerable.Range(0, 12).Select(i => $$"""[{"x": {{(i * 0.7) - 4}}, "n": {{(i % 3) + 1}}}, {{i * i}}]""")) + "]";

        JsonElement first = Document(points).Next(new(algorithm, 3) { Seed = 7 });

        Assert.Equal(3, PointList.Parse(first, "points", space).Distinct().Count());
        Assert.Equal(first.GetRawText(), Document(points).Next(new(algorithm, 3) { Seed = 7 }).GetRawText());
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    public void Next_has_no_points_when_all_of_the_space_is_known_or_pending(string algorithm)
    {
        SteeringDocument most = SteeringDocument.Parse(
            JsonDocument.Parse($$"""{"points": [[{"n": 1}, null], [{"n": 2}, 0.5], [{"n": 4}, null]], "opt_space": {{Grid}}}""").RootElement, "f");
        SteeringDocument all = SteeringDocument.Parse(
            JsonDocument.Parse($$"""{"points": [[{"n": 1}, null], [{"n": 2}, 0.5], [{"n": 3}, null], [{"n": 4}, null]], "opt_space": {{Grid}}}""").RootElement, "f");

        Assert.Equal("""[{"n":3}]""", most.Next(new(algorithm, 3)).GetRawText());
        Assert.Equal("[]", all.Next(new(algorithm, 3)).GetRawText());
    }

    [Fact]
    public void Next_differs_for_another_seed()
    {
        SteeringDocument document = Document("[]");

        Assert.NotEqual(document.Next(new("random", 3) { Seed = 1 }).GetRawText(), document.Next(new("random", 3) { Seed = 2 }).GetRawText());
    }

    [Theory]
    [InlineData("random")]
    [InlineData("grid")]
    [InlineData("tpe")]
    [InlineData("halton")]
    public void Next_proposes_neither_pending_points_nor_finished_ones_nor_those_worth_zero(string algorithm)
    {
        SteeringDocument document = SteeringDocument.Parse(
            Json($$"""{"points": [[{"n": 1}, null], [{"n": 2}, 0.0], [{"n": 3}, "NaN"]], "opt_space": {{Grid}}}"""), "in");

        Assert.Equal("""[{"n":4}]""", document.Next(new(algorithm, 1)).GetRawText());
    }

    [Fact]
    public void Next_is_empty_where_a_grid_is_used_up()
    {
        SteeringDocument document = SteeringDocument.Parse(Json($$"""{"points": [[{"n": 1}, 1], [{"n": 2}, 1], [{"n": 3}, 1], [{"n": 4}, 1]], "opt_space": {{Grid}}}"""), "in");

        Assert.Equal("[]", document.Next(new("grid", 3)).GetRawText());
    }

    [Theory]
    [InlineData(OptimizationMode.Min)]
    [InlineData(OptimizationMode.Max)]
    public void Next_searches_where_the_values_are_better(OptimizationMode mode)
    {
        string points = "[" + string.Join(',', Enumerable.Range(0, 40).Select(i => string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""[{"x": {{(i / 4.0) - 4.9}}, "n": 2}, {{(i / 4.0) - 4.9}}]"""))) + "]";

        JsonElement next = Document(points).Next(new("gp", 4) { Mode = mode });

        double mean = next.EnumerateArray().Average(point => point.GetProperty("x").GetDouble());
        Assert.True(mode == OptimizationMode.Min ? mean < 0 : mean > 0, $"the mean of {next.GetRawText()} lies on the wrong side for {mode}");
    }

    [Fact]
    public void A_loss_of_zero_is_the_best_of_positive_ones()
    {
        string points = "[" + string.Join(',', Enumerable.Range(0, 30).Select(i => $$"""[{"x": {{(i == 0 ? 4 : -4 + (i * 0.2))}}, "n": 2}, {{(i == 0 ? "0.0" : "100")}}]""")) + "]";

        JsonElement next = Document(points).Next(new("gp", 1));

        Assert.InRange(next[0].GetProperty("x").GetDouble(), 3, 5);
    }

    [Fact]
    public void What_an_algorithm_remembers_is_found_again_by_asking_it_for_the_points_so_far()
    {
        SearchSpace space = SearchSpace.Parse(Space);
        ISearcher searcher = SearcherRegistry.Create("gp", null, space);
        List<(Configuration Point, double Loss)> known = [];
        string? state = null;
        for (int round = 0; round < 8; round++)
        {
            SearchStep step = searcher.Suggest(
                new()
                {
                    Space = space,
                    Seed = 3,
                    NextTrial = known.Count + 1,
                    TotalTrials = 40,
                    Parallelism = 4,
                    State = state,
                    Observations = [.. known.Select((k, i) => new Observation(i + 1, k.Point, k.Loss))],
                },
                4);
            state = step.State;
            string file = $$"""{"points": [{{string.Join(',', known.Select(k => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[{k.Point.ToJson()},{k.Loss:R}]")))}}], "opt_space": {{Space}}}""";

            Assert.Equal(step.Suggestions, PointList.Parse(SteeringDocument.Parse(Json(file), "in").Next(new("gp", 4) { Seed = 3, MaxPoints = 40 }), "out", space));

            known.AddRange(step.Suggestions.Select(point => (point, Math.Pow(point["x"].AsDouble() - 1, 2) + point["n"].AsDouble())));
        }
    }

    [Fact]
    public void Segments_are_searches_of_their_own_that_take_turns()
    {
        SteeringDocument document = SteeringDocument.Parse(
            Json($$"""
            {"points": [[["a", {"n": 1}], 3.0], [["a", {"n": 2}], null]],
             "opt_space": [{"model_id": "a", "search_space": {{Grid}}}, {"model_id": 7, "search_space": {{Grid}}}]}
            """),
            "in");

        Assert.Equal("""[["a",{"n":3}],[7,{"n":1}],[7,{"n":2}],[7,{"n":3}]]""", document.Next(new("grid", 4)).GetRawText());
        Assert.Equal(6, document.Next(new("grid", 100)).GetArrayLength());
        Assert.Equal("""[[7,{"n":1}]]""", document.Next(new("grid", 4) { MaxPoints = 3 }).GetRawText());
    }

    [Theory]
    [InlineData("[]", "in")]
    [InlineData("""{"points": []}""", "in.opt_space")]
    [InlineData("""{"points": [], "opt_space": null}""", "in.opt_space")]
    [InlineData("""{"points": [], "opt_space": []}""", "in.opt_space")]
    [InlineData("""{"points": [], "opt_space": {"x": {"method": "uniform", "dimension": {"low": 2, "high": 1}}}}""", "in.opt_space.x.low")]
    [InlineData("""{"points": [], "opt_space": [{"model_id": 1}]}""", "in.opt_space[0]")]
    [InlineData("""{"opt_space": SPACE}""", "in.points")]
    [InlineData("""{"points": {}, "opt_space": SPACE}""", "in.points")]
    [InlineData("""{"points": [{"x": 1}], "opt_space": SPACE}""", "in.points[0]")]
    [InlineData("""{"points": [[{"x": 1, "n": 1}, "much"]], "opt_space": SPACE}""", "in.points[0][1]")]
    [InlineData("""{"points": [[{"x": 9, "n": 1}, 1]], "opt_space": SPACE}""", "in.points[0][0].x")]
    [InlineData("""{"points": [[{"x": 1}, 1]], "opt_space": SPACE}""", "in.points[0][0].n")]
    [InlineData("""{"points": [[{"x": 1, "n": 1, "m": 2}, 1]], "opt_space": SPACE}""", "in.points[0][0].m")]
    [InlineData("""{"points": [[["b", {}], 1]], "opt_space": [{"model_id": "a", "search_space": SPACE}]}""", "in.points[0][0]")]
    public void Parse_names_what_is_wrong(string json, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SteeringDocument.Parse(Json(json.Replace("SPACE", Space, StringComparison.Ordinal)), "in"));

        Assert.Contains(error.Faults, fault => fault.Path == path);
    }

    private static SteeringDocument Document(string points) => SteeringDocument.Parse(Json($$"""{"points": {{points}}, "opt_space": {{Space}}}"""), "in");

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
