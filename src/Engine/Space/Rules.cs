using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Space;

/// <summary>Collects what is wrong with one parameter's arguments. An argument that is missing or of a wrong type is passed as null and skipped.</summary>
/// <param name="path">Path of the parameter.</param>
/// <param name="raw">How the arguments were written, if they were read from JSON.</param>
internal sealed class Rules(string path, IReadOnlyDictionary<string, string>? raw = null)
{
    public const string NameRule = "must not be empty";

    private readonly List<Fault> _faults = [];

    public IReadOnlyList<Fault> Faults => _faults;

    public void Add(string argument, string? value, string rule)
    {
        Fault fault = new($"{path}.{argument}", value, rule);
        if (!_faults.Contains(fault))
        {
            _faults.Add(fault);
        }
    }

    /// <exception cref="InvalidInputException">A rule was broken.</exception>
    public void ThrowIfBroken()
    {
        if (_faults.Count > 0)
        {
            throw new InvalidInputException([.. _faults]);
        }
    }

    public void Finite(string argument, double? value)
    {
        if (value is double number && !double.IsFinite(number))
        {
            Break(argument, number, "must be a finite number");
        }
    }

    public void Above(string argument, double? value, double limit)
    {
        Finite(argument, value);
        if (value is double number && double.IsFinite(number) && number <= limit)
        {
            Break(argument, number, $"must be above {limit}");
        }
    }

    public void Ordered(double? low, double? high)
    {
        Finite("low", low);
        Finite("high", high);
        if (low >= high)
        {
            Break("low", low.Value, $"must be below high ({Raw("high", high.Value)})");
        }
    }

    /// <summary>There is a multiple of q in [low, high]; only looked at where the three are sound themselves.</summary>
    public void NeedMultiple(double? low, double? high, double? q)
    {
        if (!(low < high && q > 0 && double.IsFinite(low.Value) && double.IsFinite(high.Value) && double.IsFinite(q.Value)))
        {
            return;
        }

        Multiples multiples = new(q.Value, low.Value, high.Value);
        if (multiples.IsTooFine)
        {
            Break("q", q.Value, $"must be at least the 2^53rd part of low ({Raw("low", low.Value)}) and high ({Raw("high", high.Value)})");
        }
        else if (multiples.IsEmpty)
        {
            Break("q", q.Value, $"must have a multiple between low ({Raw("low", low.Value)}) and high ({Raw("high", high.Value)})");
        }
    }

    /// <summary>No value stands twice in a list.</summary>
    public void Distinct(string argument, ImmutableArray<ParameterValue> values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            for (int earlier = 0; earlier < i; earlier++)
            {
                if (values[i].SameAs(values[earlier]))
                {
                    Add($"{argument}[{i}]", values[i].ToJson(), $"must be unique, but equals element {earlier}");
                    break;
                }
            }
        }
    }

    private void Break(string argument, double value, string rule) => Add(argument, Raw(argument, value), rule);

    private string Raw(string argument, double value) =>
        raw?.GetValueOrDefault(argument) ?? JsonSerializer.Serialize(value.ToString("R")).Trim('"');
}
