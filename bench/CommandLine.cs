using System.Collections.Immutable;
using System.Text.Json;

namespace HpoServerless.Bench;

/// <summary>The flags of one command: <c>--name value</c>, or <c>--name</c> alone for switches.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="UsageException">A flag is unknown, given twice or lacks its value.</exception>
    public CommandLine(ReadOnlySpan<string> arguments, string[] flags, string[] switches)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            string? value = switches.Contains(name) ? string.Empty
                : !flags.Contains(name) ? throw new UsageException($"unknown: {name}")
                : ++i < arguments.Length ? arguments[i]
                : throw new UsageException($"{name} needs a value");
            if (!_values.TryAdd(name, value))
            {
                throw new UsageException($"{name} is given twice");
            }
        }
    }

    public bool Has(string name) => _values.ContainsKey(name);

    /// <exception cref="UsageException">It is no whole number of at least <paramref name="least"/>.</exception>
    public int Number(string name, int otherwise, int least = 1) =>
        !_values.TryGetValue(name, out string? text) ? otherwise
        : int.TryParse(text, out int number) && number >= least ? number
        : throw new UsageException($"{name} must be a whole number of at least {least}, was {text}");

    /// <summary>A list separated by commas.</summary>
    /// <exception cref="UsageException">An element is not one of <paramref name="known"/>.</exception>
    public ImmutableArray<string> Names(string name, IReadOnlyList<string> known, ImmutableArray<string> otherwise)
    {
        ImmutableArray<string> names = _values.TryGetValue(name, out string? text) ? [.. text.Split(',')] : otherwise;
        return names.FirstOrDefault(one => !known.Contains(one)) is { } unknown
            ? throw new UsageException($"{name}: {unknown} is not one of {string.Join(", ", known)}")
            : names;
    }

    /// <summary>Algorithms with their options: <c>tpe,gp,auto:{"a": 1, "b": 2}</c>.</summary>
    /// <exception cref="UsageException">Options are not JSON.</exception>
    public ImmutableArray<Algorithm> Algorithms(string otherwise)
    {
        List<string> parts = [string.Empty];
        int depth = 0;
        foreach (char letter in _values.GetValueOrDefault("--algorithms", otherwise))
        {
            depth += letter switch { '{' or '[' => 1, '}' or ']' => -1, _ => 0 };
            if (letter == ',' && depth == 0)
            {
                parts.Add(string.Empty);
            }
            else
            {
                parts[^1] += letter;
            }
        }

        return [.. parts.Select(ToAlgorithm)];
    }

    private static Algorithm ToAlgorithm(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        try
        {
            return colon < 0 ? new(text, text, null) : new(text, text[..colon], JsonSerializer.Deserialize<JsonElement>(text[(colon + 1)..]));
        }
        catch (JsonException error)
        {
            throw new UsageException($"--algorithms: the options in {text} are not JSON: {error.Message}");
        }
    }
}

/// <summary>A search algorithm as the command line names it.</summary>
/// <param name="Label">As it was written.</param>
/// <param name="Name">Its registered name.</param>
/// <param name="Options">Its options; null for none.</param>
internal sealed record Algorithm(string Label, string Name, JsonElement? Options);
