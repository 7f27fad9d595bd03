using System.Collections.Immutable;

namespace HpoServerless.Engine.Space;

/// <summary>One sampling method of search-space files: its name, its arguments and how a parameter is made of them.</summary>
/// <param name="Name">As files name it.</param>
/// <param name="Arguments">Every argument it takes, the optional ones included.</param>
/// <param name="Read">Makes the parameter, or adds faults and gives null.</param>
internal sealed record ParameterMethod(string Name, ImmutableArray<string> Arguments, Func<DefinitionReader, Parameter?> Read)
{
    /// <summary>Every method there is.</summary>
    public static ImmutableArray<ParameterMethod> All { get; } =
    [
        new("categorical", ["categories", "grid_search"], CategoricalParameter.Read),
        new("uniform", ["low", "high"], UniformParameter.Read),
        new("uniformint", ["low", "high"], UniformIntParameter.Read),
        new("quniform", ["low", "high", "q"], QUniformParameter.Read),
        new("loguniform", ["low", "high", "base"], LogUniformParameter.Read),
        new("qloguniform", ["low", "high", "q", "base"], QLogUniformParameter.Read),
        new("normal", ["mu", "sigma"], NormalParameter.Read),
        new("qnormal", ["mu", "sigma", "q"], QNormalParameter.Read),
        new("lognormal", ["mu", "sigma", "base"], LogNormalParameter.Read),
        new("qlognormal", ["mu", "sigma", "q", "base"], QLogNormalParameter.Read),
        new("fixed", ["value"], FixedParameter.Read),
    ];

    /// <summary>The method of this name, or null.</summary>
    public static ParameterMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);
}
