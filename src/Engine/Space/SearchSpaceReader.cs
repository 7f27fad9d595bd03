using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Space;

/// <summary>Reads search-space files and collects every fault on the way.</summary>
internal sealed class SearchSpaceReader(string path)
{
    private readonly List<Fault> _faults = [];
    private readonly List<Parameter> _parameters = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public ImmutableArray<Parameter> Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException(new Fault(path, json.GetRawText(), "must be an object of hyperparameters"));
        }

        foreach ((string? name, JsonElement definition) in Members(json))
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                Add(path, JsonSerializer.Serialize(name ?? string.Empty), "must not have a hyperparameter without a name or with one that is not well-formed Unicode");
            }
            else if (!_names.Add(name))
            {
                Add($"{path}.{name}", definition.GetRawText(), "is defined twice");
            }
            else
            {
                ReadDefinition(name, definition);
            }
        }

        if (_names.Count == 0)
        {
            Add(path, json.GetRawText(), "must have at least one hyperparameter");
        }

        _faults.AddRange(ConditionRules.FaultsOf(_parameters, _names, path));
        return _faults.Count == 0 ? [.. _parameters] : throw new InvalidInputException([.. _faults]);
    }

    private void ReadDefinition(string name, JsonElement json)
    {
        string here = $"{path}.{name}";
        if (ReadObject(here, json, ["method", "dimension", "condition"]) is not { } definition)
        {
            return;
        }

        Condition? condition = definition.TryGetValue("condition", out JsonElement conditionJson) ? ReadCondition($"{here}.condition", conditionJson) : null;
        ParameterMethod? method = ReadMethod($"{here}.method", definition);
        if (!definition.TryGetValue("dimension", out JsonElement dimension))
        {
            Add($"{here}.dimension", null, "is missing");
            return;
        }

        if (dimension.ValueKind != JsonValueKind.Object)
        {
            Add($"{here}.dimension", dimension.GetRawText(), "must be an object of arguments");
            return;
        }

        if (ReadObject(here, dimension, method?.Arguments) is not { } arguments || method is null)
        {
            return;
        }

        DefinitionReader reader = new(name, method.Name, arguments, condition, here);
        Parameter? parameter = method.Read(reader);
        _faults.AddRange(reader.Rules.Faults);
        if (parameter is not null)
        {
            _parameters.Add(parameter);
        }
    }

    private ParameterMethod? ReadMethod(string here, Dictionary<string, JsonElement> definition)
    {
        string known = string.Join(", ", ParameterMethod.All.Select(method => method.Name));
        if (!definition.TryGetValue("method", out JsonElement json))
        {
            Add(here, null, $"is missing: one of {known}");
            return null;
        }

        bool isText = json.ValueKind == JsonValueKind.String && JsonText.TryGetString(json, out _);
        ParameterMethod? method = isText ? ParameterMethod.Find(json.GetString()!) : null;
        if (method is null)
        {
            Add(here, json.GetRawText(), $"must be one of {known}");
        }

        return method;
    }

    private Condition? ReadCondition(string here, JsonElement json)
    {
        if (ReadObject(here, json, known: null) is not { } members)
        {
            return null;
        }

        if (members.Count == 0)
        {
            Add(here, "{}", "must name a parameter");
        }

        Rules rules = new(here);
        List<ConditionClause> clauses = [];
        foreach ((string parent, JsonElement list) in members)
        {
            if (DefinitionReader.ToValues(rules, parent, list) is { } values)
            {
                clauses.Add(new(parent, values));
                Condition.Check(rules, clauses[^1]);
            }
        }

        _faults.AddRange(rules.Faults);
        return rules.Faults.Count == 0 && members.Count > 0 ? new([.. clauses]) : null;
    }

    /// <summary>Members of an object by name, in document order.</summary>
    /// <param name="here">Path of the object.</param>
    /// <param name="json">What should be an object.</param>
    /// <param name="known">Every name there may be; null for any.</param>
    private Dictionary<string, JsonElement>? ReadObject(string here, JsonElement json, ImmutableArray<string>? known)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Add(here, json.GetRawText(), known is { } names ? $"must be an object of {string.Join(", ", names)}" : "must be an object");
            return null;
        }

        Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
        foreach ((string? name, JsonElement value) in Members(json))
        {
            if (name is null || (known is { } expected && !expected.Contains(name, StringComparer.Ordinal)))
            {
                Add($"{here}.{name}", value.GetRawText(), $"is not known here: only {string.Join(", ", known ?? ["well-formed names"])}");
            }
            else if (!members.TryAdd(name, value))
            {
                Add($"{here}.{name}", value.GetRawText(), "is given twice");
            }
        }

        return members;
    }

    /// <summary>Members with the duplicates kept; a name that is not well-formed Unicode is null.</summary>
    private static IEnumerable<(string? Name, JsonElement Value)> Members(JsonElement json)
    {
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string? name;
            try
            {
                name = property.Name;
            }
            catch (InvalidOperationException)
            {
                name = null;
            }

            yield return (name, property.Value);
        }
    }

    private void Add(string where, string? value, string rule) => _faults.Add(new(where, value, rule));
}
