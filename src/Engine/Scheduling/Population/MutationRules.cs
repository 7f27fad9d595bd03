using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>What a user says of how hyperparameters change: for each either a list of values or a distribution.</summary>
internal sealed class MutationRules
{
    private const string OptionName = "hyperparam_mutations";
    private const string Alias = "hyperpar_mutations";
    private const string Rule = "must be an object of lists of values or of distributions, written as in the search space, by hyperparameter; null for the distributions of the search space";

    private readonly Dictionary<string, ImmutableArray<ParameterValue>> _lists = [];
    private readonly Dictionary<string, Parameter> _distributions = [];
    private readonly List<string> _named = [];
    private readonly string _given;
    private readonly bool _isGiven;

    private MutationRules(string given, JsonElement? json, OptionReader? options)
    {
        _given = given;
        _isGiven = json is not null;
        if (json is { ValueKind: JsonValueKind.Object } rules)
        {
            foreach (JsonProperty rule in rules.EnumerateObject())
            {
                Read(rule, options!);
            }
        }
        else if (json is { } other)
        {
            options!.Fault(given, other.GetRawText(), Rule);
        }
    }

    /// <summary>Every hyperparameter changes by its own distribution.</summary>
    public static MutationRules None { get; } = new(OptionName, null, null);

    public static MutationRules Read(OptionReader options)
    {
        JsonElement? named = options.Element(OptionName, "null", Rule);
        JsonElement? alias = options.Element(Alias, "null", $"another name of {OptionName}");
        if (named is not null && alias is not null)
        {
            options.Fault(Alias, alias.Value.GetRawText(), $"must not be given beside {OptionName}, which it is another name of");
        }

        return named is null && alias is not null ? new(Alias, alias, options) : new(OptionName, named, options);
    }

    /// <summary>How a hyperparameter changes; null where it stays as it is.</summary>
    public Mutation? Of(Parameter parameter) =>
        parameter is FixedParameter ? null
        : _lists.TryGetValue(parameter.Name, out ImmutableArray<ParameterValue> values) ? new(parameter, values)
        : _distributions.TryGetValue(parameter.Name, out Parameter? distribution) ? new(parameter, distribution: distribution)
        : _isGiven ? null
        : new(parameter);

    /// <summary>Names of no hyperparameter, and values that a hyperparameter cannot take.</summary>
    public IEnumerable<Fault> FaultsIn(SearchSpace space)
    {
        foreach (string unknown in _named.Where(name => space.Find(name) is null))
        {
            yield return new($"{_given}.{unknown}", null, "is not a hyperparameter of the search space");
        }

        foreach ((string name, ImmutableArray<ParameterValue> values) in _lists)
        {
            foreach (ParameterValue value in values.Where(value => space.Find(name) is { } parameter && !parameter.Contains(value)))
            {
                yield return new($"{_given}.{name}", value.ToJson(), "must be a value of the hyperparameter");
            }
        }

        foreach ((string name, Parameter distribution) in _distributions)
        {
            bool fits = space.Find(name) is not { } parameter || parameter.Nearest(0) is not null == distribution.Nearest(0) is not null
                || (distribution is CategoricalParameter { Categories: var categories } && categories.All(parameter.Contains));
            if (!fits || (distribution is CategoricalParameter { Categories: var all } && space.Find(name) is { } own && !all.All(own.Contains)))
            {
                yield return new($"{_given}.{name}", null, "must be a distribution of values that the hyperparameter can take");
            }
        }
    }

    private void Read(JsonProperty rule, OptionReader options)
    {
        _named.Add(rule.Name);
        if (rule.Value.ValueKind == JsonValueKind.Array)
        {
            ParameterValue[] values = [.. rule.Value.EnumerateArray().Select(item => ParameterValue.TryParse(item, out ParameterValue value) ? value : default)];
            if (values.Length == 0)
            {
                options.Fault($"{_given}.{rule.Name}", "[]", "must list at least one value");
                return;
            }

            _lists[rule.Name] = [.. values];
            return;
        }

        try
        {
            using JsonDocument one = JsonDocument.Parse($"{{{JsonSerializer.Serialize(rule.Name)}: {rule.Value.GetRawText()}}}");
            _distributions[rule.Name] = SearchSpace.Parse(one.RootElement, _given).Parameters[0];
        }
        catch (InvalidInputException error)
        {
            foreach (Fault fault in error.Faults)
            {
                options.Fault(fault.Path, fault.Value, fault.Rule);
            }
        }
    }
}
