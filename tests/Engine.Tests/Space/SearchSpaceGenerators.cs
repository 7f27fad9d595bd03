using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

/// <summary>Random spaces of every method, with conditions on earlier and later parameters.</summary>
internal static class SearchSpaceGenerators
{
    public static Arbitrary<SearchSpace> Spaces { get; } = Parameters(6).Select(parameters => new SearchSpace([.. parameters])).ToArbitrary();

    private static Gen<double> Number => Gen.Choose(-1000, 1000).Select(i => i / 16.0);

    private static Gen<double> Positive => Gen.Choose(1, 1000).Select(i => i / 10.0);

    private static Gen<double?> Base => Gen.Elements<double?>(null, 2, 10, 1.5);

    private static Gen<ParameterValue> Category => Gen.OneOf(
        Gen.Choose(-5, 5).Select(i => ParameterValue.Of(i)),
        Gen.Choose(-5, 5).Select(i => ParameterValue.Of(i + 0.5)),
        Gen.Elements("a", "b", "", "ä\"", "1").Select(ParameterValue.Of),
        Gen.Elements(ParameterValue.Null, ParameterValue.Of(true), ParameterValue.Of(false)));

    /// <summary>Each may have a condition on those that were made before it; then they are shuffled.</summary>
    private static Gen<Parameter[]> Parameters(int most) =>
        from count in Gen.Choose(1, most)
        from parameters in Enumerable.Range(0, count).Aggregate(Gen.Constant(ImmutableArray<Parameter>.Empty), Append)
        from order in Gen.Shuffle(parameters.ToArray())
        select order;

    private static Gen<ImmutableArray<Parameter>> Append(Gen<ImmutableArray<Parameter>> sofar, int position) =>
        from earlier in sofar
        from condition in ConditionOn(earlier)
        from parameter in Plain($"p{position}", condition)
        select earlier.Add(parameter);

    private static Gen<Condition?> ConditionOn(ImmutableArray<Parameter> earlier)
    {
        Parameter[] parents = [.. earlier.Where(candidate => candidate is CategoricalParameter or UniformIntParameter or FixedParameter)];
        return parents.Length == 0
            ? Gen.Constant<Condition?>(null)
            : Gen.OneOf(
                Gen.Constant<Condition?>(null),
                from parent in Gen.Elements(parents)
                from value in Gen.Elements(parent.GridValues!.Take(20).ToArray())
                select (Condition?)new Condition(new ConditionClause(parent.Name, [value])));
    }

    private static Gen<Parameter> Plain(string name, Condition? condition) => Gen.OneOf(
        from values in Category.ArrayOf(4)
        from marked in Gen.Elements(false, true)
        select (Parameter)new CategoricalParameter(name, [.. values.DefaultIfEmpty(ParameterValue.Null).Where((value, i) => !values.Take(i).Any(value.SameAs))], marked, condition),
        from low in Number from width in Positive select (Parameter)new UniformParameter(name, low, low + width, condition),
        from low in Gen.Choose(-50, 50) from width in Gen.Choose(1, 100) select (Parameter)new UniformIntParameter(name, low, low + width, condition),
        from k in Gen.Choose(-100, 100) from q in Positive from width in Positive select (Parameter)new QUniformParameter(name, (k - 0.5) * q, ((k + 0.5) * q) + width, q, condition),
        from low in Positive from width in Positive from b in Base select (Parameter)new LogUniformParameter(name, low, low + width, b, condition),
        from k in Gen.Choose(1, 100) from q in Positive from width in Positive from b in Base select (Parameter)new QLogUniformParameter(name, (k - 0.5) * q, ((k + 0.5) * q) + width, q, b, condition),
        from mu in Number from sigma in Positive select (Parameter)new NormalParameter(name, mu, sigma, condition),
        from mu in Number from sigma in Positive from q in Positive select (Parameter)new QNormalParameter(name, mu, sigma, q, condition),
        from mu in Number from sigma in Positive from b in Base select (Parameter)new LogNormalParameter(name, mu / 10, sigma / 10, b, condition),
        from mu in Number from sigma in Positive from q in Positive from b in Base select (Parameter)new QLogNormalParameter(name, mu / 10, sigma / 10, q, b, condition),
        from value in Category select (Parameter)new FixedParameter(name, value, condition));
}
