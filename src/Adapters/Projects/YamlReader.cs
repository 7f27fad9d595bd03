using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HpoServerless.Engine.Errors;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HpoServerless.Adapters.Projects;

/// <summary>YAML as JSON: one document, scalars typed as in the core schema of YAML 1.2, and no tag beyond that schema.</summary>
internal static partial class YamlReader
{
    private const int MaxDepth = 60;
    private const int MaxNodes = 200_000;
    private const string CorePrefix = "tag:yaml.org,2002:";

    /// <param name="text">The YAML.</param>
    /// <param name="path">Where it was given, for the fault.</param>
    /// <exception cref="InvalidInputException">It is no YAML, or more than data.</exception>
    public static JsonElement Parse(string text, string path)
    {
        try
        {
            YamlStream stream = [];
            stream.Load(new StringReader(text));
            if (stream.Documents.Count != 1)
            {
                throw Invalid(path, $"must be one YAML document, has {stream.Documents.Count}");
            }

            int nodes = 0;
            return JsonSerializer.SerializeToElement(ToJson(stream.Documents[0].RootNode, path, 0, ref nodes));
        }
        catch (YamlException error)
        {
            throw Invalid(path, $"must be YAML: {(error.InnerException ?? error).Message} (at line {error.Start.Line}, position {error.Start.Column})");
        }
    }

    /// <summary>Whether a plain scalar would be read as something else than the text it is.</summary>
    public static bool IsTypedPlain(string text) =>
        text.Length == 0 || text is "~" || Word().IsMatch(text) || Number().IsMatch(text) || Based().IsMatch(text) || NotFinite().IsMatch(text);

    private static JsonNode? ToJson(YamlNode node, string path, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
        {
            throw Invalid(path, $"must not be nested deeper than {MaxDepth} levels nor have more than {MaxNodes} nodes, aliases followed");
        }

        if (TagOf(node) is { Length: > 0 } tag && !TagsOf(node).Contains(tag))
        {
            throw At(node, path, $"must not have the tag {node.Tag.Value}: only plain data is read");
        }

        switch (node)
        {
            case YamlScalarNode scalar:
                return ToScalar(scalar, path);
            case YamlSequenceNode sequence:
                JsonArray list = [];
                foreach (YamlNode item in sequence.Children)
                {
                    list.Add(ToJson(item, path, depth + 1, ref nodes));
                }

                return list;
            case YamlMappingNode mapping:
                JsonObject members = [];
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    string name = key is YamlScalarNode { Value: { } text } ? text : throw At(key, path, "must have texts as keys");
                    if (!members.TryAdd(name, ToJson(value, path, depth + 1, ref nodes)))
                    {
                        throw At(key, path, $"has the key {name} twice");
                    }
                }

                return members;
            default:
                throw At(node, path, "must have scalars, lists and mappings only");
        }
    }

    private static JsonNode? ToScalar(YamlScalarNode scalar, string path)
    {
        string text = scalar.Value ?? string.Empty;
        string tag = TagOf(scalar);
        if (tag == "str" || (tag.Length == 0 && scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any)))
        {
            return JsonValue.Create(text);
        }

        if (NotFinite().IsMatch(text))
        {
            throw At(scalar, path, $"must have finite numbers only, not {text}");
        }

        JsonNode? value = Resolve(text);
        bool fits = tag switch
        {
            "" => true,
            "null" => value is null,
            "bool" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "int" or "float" => value?.GetValueKind() == JsonValueKind.Number,
            _ => false,
        };
        return fits ? value : throw At(scalar, path, $"has {text} where the tag !!{tag} stands");
    }

    /// <summary>The tag, the core schema's without their prefix; empty where there is none.</summary>
    private static string TagOf(YamlNode node) => node.Tag.IsEmpty || node.Tag.IsNonSpecific ? string.Empty
        : node.Tag.Value.StartsWith(CorePrefix, StringComparison.Ordinal) ? node.Tag.Value[CorePrefix.Length..]
        : node.Tag.Value;

    private static ImmutableArray<string> TagsOf(YamlNode node) => node switch
    {
        YamlMappingNode => ["map"],
        YamlSequenceNode => ["seq"],
        _ => ["str", "int", "float", "bool", "null"],
    };

    private static JsonNode? Resolve(string text)
    {
        if (!IsTypedPlain(text))
        {
            return JsonValue.Create(text);
        }

        if (text.Length == 0 || text is "~" or "null" or "Null" or "NULL")
        {
            return null;
        }

        if (Word().IsMatch(text))
        {
            return JsonValue.Create(text[0] is 't' or 'T');
        }

        if (Based().IsMatch(text))
        {
            return JsonValue.Create(text[1] == 'x' ? Convert.ToInt64(text[2..], 16) : Convert.ToInt64(text[2..], 8));
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)
            ? JsonValue.Create(integer)
            : JsonNode.Parse(Spelled(text));
    }

    /// <summary>The same number as JSON spells it: no plus, a digit on both sides of the point, no leading zeros.</summary>
    private static string Spelled(string text)
    {
        string sign = text[0] == '-' ? "-" : string.Empty;
        string digits = text.TrimStart('+', '-');
        int exponent = digits.IndexOfAny(['e', 'E']);
        string mantissa = exponent < 0 ? digits : digits[..exponent];
        string power = exponent < 0 ? string.Empty : digits[exponent..];
        string[] parts = mantissa.Split('.');
        string whole = parts[0].TrimStart('0');
        string fraction = parts.Length > 1 ? "." + (parts[1].Length == 0 ? "0" : parts[1]) : string.Empty;
        return $"{sign}{(whole.Length == 0 ? "0" : whole)}{fraction}{power}";
    }

    private static InvalidInputException At(YamlNode node, string path, string rule) =>
        Invalid(path, $"{rule} (at line {node.Start.Line}, position {node.Start.Column})");

    private static InvalidInputException Invalid(string path, string rule) => new(new Fault(path, null, rule));

    [GeneratedRegex(@"^(null|Null|NULL|true|True|TRUE|false|False|FALSE)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"^(0o[0-7]{1,21}|0x[0-9a-fA-F]{1,15})\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Based();

    [GeneratedRegex(@"^([-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotFinite();
}
