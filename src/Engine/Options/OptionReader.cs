using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Options;

/// <summary>Reads the options of an algorithm from the JSON object the user wrote, and collects every fault: unknown keys, wrong types, values out of range.</summary>
/// <param name="json">The options; null means all defaults.</param>
/// <param name="path">Path of the object in the user's document, for the faults (for example <c>hpo_config.scheduler_param</c>).</param>
internal sealed class OptionReader(JsonElement? json, string path)
{
    private readonly ImmutableArray<Fault>.Builder _faults = ImmutableArray.CreateBuilder<Fault>();
    private readonly List<AlgorithmOption> _known = [];

    /// <summary>The options that were asked for, in that order.</summary>
    public ImmutableArray<AlgorithmOption> Known => [.. _known];

    /// <summary>A number option.</summary>
    /// <param name="name">Key.</param>
    /// <param name="value">Default.</param>
    /// <param name="valid">What is allowed.</param>
    /// <param name="rule">The same in words ("must be above 1").</param>
    public double Number(string name, double value, Func<double, bool> valid, string rule)
    {
        if (Find(name, JsonSerializer.Serialize(value), rule) is not { } element)
        {
            return value;
        }

        if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double read) && double.IsFinite(read) && valid(read))
        {
            return read;
        }

        Fault(name, element.GetRawText(), rule);
        return value;
    }

    /// <summary>A whole-number option.</summary>
    public long Integer(string name, long value, Func<long, bool> valid, string rule) =>
        (long)Number(name, value, v => v == Math.Floor(v) && Math.Abs(v) < 1e15 && valid((long)v), rule);

    /// <summary>A yes-or-no option: <c>true</c> or <c>false</c>.</summary>
    public bool Boolean(string name, bool value)
    {
        const string rule = "must be true or false";
        if (Find(name, value ? "true" : "false", rule) is not { } element)
        {
            return value;
        }

        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.GetBoolean();
        }

        Fault(name, element.GetRawText(), rule);
        return value;
    }

    /// <summary>A text option with a fixed set of values.</summary>
    public string Choice(string name, string value, params ImmutableArray<string> choices)
    {
        string rule = $"must be one of {string.Join(", ", choices)}";
        if (Find(name, JsonSerializer.Serialize(value), rule) is not { } element)
        {
            return value;
        }

        if (element.ValueKind == JsonValueKind.String && choices.Contains(element.GetString()!))
        {
            return element.GetString()!;
        }

        Fault(name, element.GetRawText(), rule);
        return value;
    }

    /// <summary>An option that is a list of numbers, or a list of such lists; none of them empty.</summary>
    /// <returns>The lists; one where the user wrote a plain one; none where a fault was recorded.</returns>
    public ImmutableArray<ImmutableArray<double>> NumberLists(string name, ImmutableArray<ImmutableArray<double>> value, Func<double, bool> valid, string rule)
    {
        if (Find(name, JsonSerializer.Serialize(value.Length == 1 ? (object)value[0] : value), rule) is not { } element)
        {
            return value;
        }

        bool isNested = element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0 && element[0].ValueKind == JsonValueKind.Array;
        ImmutableArray<double>[] lists = [.. (isNested ? element.EnumerateArray().ToArray() : [element]).Select(list => Numbers(list, valid))];
        if (lists.Any(list => list.IsEmpty))
        {
            Fault(name, element.GetRawText(), rule);
            return [];
        }

        return [.. lists];
    }

    /// <summary>Whether the user wrote this option.</summary>
    public bool IsGiven(string name) => json is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty(name, out _);

    /// <summary>An option of any form; null where it is not given.</summary>
    /// <param name="name">Key.</param>
    /// <param name="value">Default as JSON.</param>
    /// <param name="rule">What is allowed, in words; the caller checks it.</param>
    public JsonElement? Element(string name, string value, string rule) =>
        Find(name, value, rule) is { ValueKind: not JsonValueKind.Null } element ? element : null;

    /// <summary>Records a fault that concerns more than one option.</summary>
    public void Fault(string name, string? value, string rule) => _faults.Add(new($"{path}.{name}", value, rule));

    /// <summary>Ends the reading.</summary>
    /// <exception cref="InvalidInputException">There was a fault, or a key that no option asked for.</exception>
    public void Done()
    {
        ImmutableArray<Fault> faults = End();
        if (!faults.IsEmpty)
        {
            throw new InvalidInputException(faults);
        }
    }

    /// <summary>Ends the reading.</summary>
    /// <returns>All faults; a key that no option asked for is one.</returns>
    public ImmutableArray<Fault> End()
    {
        if (json is { ValueKind: JsonValueKind.Object } options)
        {
            foreach (JsonProperty property in options.EnumerateObject().Where(p => !_known.Exists(known => known.Name == p.Name)))
            {
                Fault(property.Name, property.Value.GetRawText(), _known.Count == 0 ? "is not an option: there are none" : $"is not an option; valid are {string.Join(", ", _known.Select(known => known.Name))}");
            }
        }
        else if (json is { ValueKind: not JsonValueKind.Null } other)
        {
            _faults.Add(new(path, other.GetRawText(), "must be an object"));
        }

        return _faults.DrainToImmutable();
    }

    /// <summary>Empty where that is no list of valid numbers.</summary>
    private static ImmutableArray<double> Numbers(JsonElement list, Func<double, bool> valid)
    {
        if (list.ValueKind != JsonValueKind.Array || !list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number))
        {
            return [];
        }

        ImmutableArray<double> numbers = [.. list.EnumerateArray().Select(item => item.GetDouble())];
        return numbers.All(number => double.IsFinite(number) && valid(number)) ? numbers : [];
    }

    private JsonElement? Find(string name, string value, string rule)
    {
        _known.Add(new(name, value, rule));
        return json is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty(name, out JsonElement element) ? element : null;
    }
}
