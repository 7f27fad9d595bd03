using System.Collections.Immutable;
using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>Hands the arguments of one definition to its method, with a fault for each that is missing, unknown or of a wrong type.</summary>
internal sealed class DefinitionReader
{
    private readonly Dictionary<string, JsonElement> _arguments;
    private readonly string _method;

    /// <param name="name">Name of the hyperparameter.</param>
    /// <param name="method">Its method.</param>
    /// <param name="arguments">Members of <c>dimension</c>.</param>
    /// <param name="condition">Its condition, already read.</param>
    /// <param name="path">Path of the hyperparameter.</param>
    public DefinitionReader(string name, string method, Dictionary<string, JsonElement> arguments, Condition? condition, string path)
    {
        Name = name;
        _method = method;
        _arguments = arguments;
        Condition = condition;
        Rules = new(path, arguments.ToDictionary(pair => pair.Key, pair => pair.Value.GetRawText(), StringComparer.Ordinal));
    }

    public string Name { get; }

    public Condition? Condition { get; }

    public Rules Rules { get; }

    /// <summary>Whether everything so far was as it should be.</summary>
    public bool IsSound => Rules.Faults.Count == 0;

    public double? Number(string argument) => Required(argument) is { } json ? ToNumber(argument, json) : null;

    public double? OptionalNumber(string argument) => _arguments.TryGetValue(argument, out JsonElement json) ? ToNumber(argument, json) : null;

    public long? Integer(string argument)
    {
        if (Required(argument) is not { } json)
        {
            return null;
        }

        if (json.ValueKind == JsonValueKind.Number
            && (json.TryGetInt64(out long integer) || (json.TryGetDouble(out double number) && Integers.TryConvert(number, out integer))))
        {
            return integer;
        }

        Rules.Add(argument, json.GetRawText(), "must be an integer of at most 64 bits");
        return null;
    }

    /// <summary>0 or 1; false where it is missing.</summary>
    public bool Flag(string argument)
    {
        if (!_arguments.TryGetValue(argument, out JsonElement json))
        {
            return false;
        }

        double? number = json.ValueKind == JsonValueKind.Number ? json.GetDouble() : null;
        if (number is not (0 or 1))
        {
            Rules.Add(argument, json.GetRawText(), "must be 0 or 1");
        }

        return number == 1;
    }

    public ParameterValue? Value(string argument) => Required(argument) is { } json ? ToValue(Rules, argument, json) : null;

    /// <summary>A list; null if it is none or one of its values cannot be kept.</summary>
    public ImmutableArray<ParameterValue>? Values(string argument) =>
        Required(argument) is { } json ? ToValues(Rules, argument, json) : null;

    public static ImmutableArray<ParameterValue>? ToValues(Rules rules, string argument, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            rules.Add(argument, json.GetRawText(), "must be a list of values");
            return null;
        }

        ParameterValue?[] values = [.. json.EnumerateArray().Select((item, index) => ToValue(rules, $"{argument}[{index}]", item))];
        return values.All(value => value is not null) ? [.. values.Select(value => value!.Value)] : null;
    }

    private static ParameterValue? ToValue(Rules rules, string argument, JsonElement json)
    {
        if (ParameterValue.TryParse(json, out ParameterValue value))
        {
            return value;
        }

        rules.Add(argument, json.GetRawText(), json.ValueKind == JsonValueKind.Number
            ? "must be a finite number, and of at most 64 bits where it is an integer"
            : "must be well-formed Unicode");
        return null;
    }

    private double? ToNumber(string argument, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double number) && double.IsFinite(number))
        {
            return number;
        }

        Rules.Add(argument, json.GetRawText(), "must be a finite number");
        return null;
    }

    private JsonElement? Required(string argument)
    {
        if (_arguments.TryGetValue(argument, out JsonElement json))
        {
            return json;
        }

        Rules.Add(argument, null, $"is missing: method '{_method}' needs it");
        return null;
    }
}
