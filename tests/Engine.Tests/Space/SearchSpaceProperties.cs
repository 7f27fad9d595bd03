using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

public sealed class SearchSpaceProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void A_space_comes_back_from_its_document() =>
        Prop.ForAll(SearchSpaceGenerators.Spaces, space =>
        {
            SearchSpace back = SearchSpace.Parse(space.ToJson());
            return back.Equals(space) && back.GetHashCode() == space.GetHashCode() && back.ToJson() == space.ToJson()
                && space.Equals((object?)JsonSerializer.Deserialize<SearchSpace>(JsonSerializer.Serialize(space)));
        }).Check(Many);

    [Fact]
    public void Every_decoded_point_lies_inside_and_survives_JSON() =>
        Prop.ForAll(SearchSpaceGenerators.Spaces, ArbMap.Default.ArbFor<int>(), (space, number) =>
        {
            Configuration configuration = Draw(space, number);
            Configuration back = JsonSerializer.Deserialize<Configuration>(configuration.ToJson())!;
            return space.FaultsOf(configuration, "x").IsEmpty && back.Equals(configuration) && configuration.Equals(back)
                && back.GetHashCode() == configuration.GetHashCode() && space.Contains(back);
        }).Check(Many);

    [Fact]
    public void Exactly_the_parameters_whose_conditions_hold_are_there() =>
        Prop.ForAll(SearchSpaceGenerators.Spaces, ArbMap.Default.ArbFor<int>(), (space, number) =>
        {
            Configuration configuration = Draw(space, number);
            return space.Parameters.All(parameter => configuration.TryGetValue(parameter.Name, out _) == (parameter.Condition?.Clauses ?? [])
                .All(clause => configuration.TryGetValue(clause.Parent, out ParameterValue parent) && clause.Values.Any(parent.SameAs)));
        }).Check(Many);

    [Fact]
    public void A_discrete_configuration_comes_back_from_its_point() =>
        Prop.ForAll(SearchSpaceGenerators.Spaces, ArbMap.Default.ArbFor<int>(), (space, number) =>
        {
            Configuration configuration = Draw(space, number);
            double[] unit = new double[space.Dimension];
            space.Encode(configuration, unit);
            Configuration back = space.Decode(unit);
            return unit.All(coordinate => coordinate is >= 0 and < 1)
                && back.Names.SequenceEqual(configuration.Names)
                && space.Parameters.Where(parameter => parameter.GridValues is not null && configuration.TryGetValue(parameter.Name, out _))
                    .All(parameter => back[parameter.Name].SameAs(configuration[parameter.Name]));
        }).Check(Many);

    private static Configuration Draw(SearchSpace space, int number)
    {
        SeededRandom random = SeededRandom.For(1, "draw", number);
        return space.Decode([.. Enumerable.Range(0, space.Dimension).Select(_ => random.NextUnit())]);
    }
}
