using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HpoServerless.Adapters.Projects;

/// <summary>JSON as YAML that reads back the same, by readers of YAML 1.1 too.</summary>
internal static partial class YamlText
{
    public static string From(JsonElement json)
    {
        using StringWriter text = new() { NewLine = "\n" };
        new YamlStream(new YamlDocument(ToNode(json))).Save(text, assignAnchors: false);
        return text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n...\n", "\n", StringComparison.Ordinal);
    }

    private static YamlNode ToNode(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new YamlMappingNode(json.EnumerateObject().Select(member => KeyValuePair.Create<YamlNode, YamlNode>(ToText(member.Name), ToNode(member.Value))))
        {
            Style = json.EnumerateObject().Any() ? YamlDotNet.Core.Events.MappingStyle.Block : YamlDotNet.Core.Events.MappingStyle.Flow,
        },
        JsonValueKind.Array => new YamlSequenceNode(json.EnumerateArray().Select(ToNode)) { Style = YamlDotNet.Core.Events.SequenceStyle.Flow },
        JsonValueKind.String => ToText(json.GetString()!),
        JsonValueKind.Number => Plain(WithPoint(json.GetRawText())),
        _ => Plain(json.GetRawText()),
    };

    private static YamlScalarNode Plain(string text) => new(text) { Style = ScalarStyle.Plain };

    private static YamlScalarNode ToText(string text) =>
        new(text) { Style = YamlReader.IsTypedPlain(text) || OldWord().IsMatch(text) || text.Any(char.IsControl) ? ScalarStyle.DoubleQuoted : ScalarStyle.Any };

    /// <summary>YAML 1.1 takes a number with an exponent but no point for a text.</summary>
    private static string WithPoint(string number)
    {
        int exponent = number.IndexOfAny(['e', 'E']);
        string signed = exponent >= 0 && number[exponent + 1] is not ('+' or '-') ? number.Insert(exponent + 1, "+") : number;
        return exponent >= 0 && !number.Contains('.') ? signed.Insert(exponent, ".0") : signed;
    }

    /// <summary>What YAML 1.1 reads as a truth value, a time, a number in another base, or with separators.</summary>
    [GeneratedRegex(@"^([yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|<<|=|[-+]?[0-9][0-9_:.,xob\-TZ ]*)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OldWord();
}
