using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>Reads the members of a configuration document and collects every fault. A member that is missing or null has its default.</summary>
internal sealed class DocumentReader
{
    private const int LongestShown = 200;
    private readonly List<Fault> _faults;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];
    private readonly JsonElement? _json;

    /// <param name="json">The document; null means all defaults.</param>
    /// <param name="path">What the paths of faults begin with; empty for the outermost document.</param>
    /// <param name="faults">Receives the faults.</param>
    public DocumentReader(JsonElement? json, string path, List<Fault> faults)
    {
        _json = json;
        _faults = faults;
        Path = path;
        if (json is { ValueKind: JsonValueKind.Object } document)
        {
            ReadMembers(document);
        }
    }

    public string Path { get; }

    /// <summary>Whether the member is there, as something else than null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A member that is there and not null. Asking makes the key known.</summary>
    public JsonElement? Find(string key) => FindOrNull(key) is { ValueKind: not JsonValueKind.Null } json ? json : null;

    /// <summary>A member that is there, null included. Asking makes the key known.</summary>
    public JsonElement? FindOrNull(string key)
    {
        if (!_known.Contains(key))
        {
            _known.Add(key);
        }

        return _members.TryGetValue(key, out JsonElement json) ? json : null;
    }

    /// <summary>A text that is not empty.</summary>
    public string? Text(string key) => Find(key) is { } json ? ToText(key, json) : null;

    /// <summary>A text out of a few.</summary>
    public string? Choice(string key, params ImmutableArray<string> choices)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        string? text = json.ValueKind == JsonValueKind.String && JsonText.TryGetString(json, out string? read) ? read : null;
        if (text is not null && choices.Contains(text))
        {
            return text;
        }

        Add(key, json, $"must be one of {string.Join(", ", choices)}");
        return null;
    }

    /// <summary>A list of texts that are not empty.</summary>
    public ImmutableArray<string>? Texts(string key)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        if (json.ValueKind != JsonValueKind.Array)
        {
            Add(key, json, "must be a list of texts, such as [\"a\", \"b\"]");
            return null;
        }

        string?[] texts = [.. json.EnumerateArray().Select((item, index) => ToText($"{key}[{index}]", item))];
        return texts.All(text => text is not null) ? [.. texts.Select(text => text!)] : null;
    }

    /// <summary>A whole number between two bounds, both included.</summary>
    public long? Integer(string key, long low, long high, string? rule = null)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        bool isInteger = json.ValueKind == JsonValueKind.Number;
        long value = 0;
        isInteger = isInteger && (json.TryGetInt64(out value) || (json.TryGetDouble(out double real) && Integers.TryConvert(real, out value)));
        if (isInteger && value >= low && value <= high)
        {
            return value;
        }

        Add(key, json, rule ?? $"must be a whole number from {low} to {high}");
        return null;
    }

    /// <summary>A finite number.</summary>
    /// <param name="key">Name of the member.</param>
    /// <param name="valid">What is allowed.</param>
    /// <param name="rule">The same in words ("must be above 0").</param>
    public double? Number(string key, Func<double, bool> valid, string rule)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        if (json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double value) && double.IsFinite(value) && valid(value))
        {
            return value;
        }

        Add(key, json, rule);
        return null;
    }

    /// <summary>True and false, or 1 and 0.</summary>
    public bool? Flag(string key)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        double? number = json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double read) ? read : null;
        if (number is 0 or 1 || json.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return number == 1 || json.ValueKind == JsonValueKind.True;
        }

        Add(key, json, "must be true or false, or 1 or 0");
        return null;
    }

    /// <summary>An object with members of any kind, as a copy that outlives the document.</summary>
    public JsonElement? Object(string key)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        if (json.ValueKind == JsonValueKind.Object && JsonText.TryCreate(json, out _))
        {
            return json.Clone();
        }

        Add(key, json, json.ValueKind == JsonValueKind.Object ? "must be well-formed Unicode" : "must be an object");
        return null;
    }

    /// <summary>An object of finite numbers.</summary>
    public ImmutableSortedDictionary<string, double>? Numbers(string key, Func<double, bool> valid, string rule)
    {
        if (Find(key) is not { } json)
        {
            return null;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            Add(key, json, "must be an object of numbers");
            return null;
        }

        int before = _faults.Count;
        DocumentReader members = Child(key);
        var numbers = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (string name in members._members.Keys)
        {
            if (members._members[name].ValueKind == JsonValueKind.Null)
            {
                members.Add(name, members._members[name], rule);
            }
            else if (members.Number(name, valid, rule) is { } number)
            {
                numbers[name] = number;
            }
        }

        return _faults.Count == before ? numbers.ToImmutable() : null;
    }

    /// <summary>A document inside this one. Call its <see cref="Done"/>.</summary>
    public DocumentReader Child(string key) => new(Find(key), PathOf(key), _faults);

    /// <summary>A document in a list inside this one. Call its <see cref="Done"/>.</summary>
    /// <param name="key">Name of the list, which must be there and long enough.</param>
    /// <param name="index">From 0.</param>
    public DocumentReader Item(string key, int index) => new(Find(key)!.Value[index], PathOf($"{key}[{index}]"), _faults);

    /// <summary>Records that a member breaks a rule.</summary>
    public void Fault(string key, string rule) => Add(key, FindOrNull(key), rule);

    /// <summary>Records faults that somebody else found.</summary>
    public void Add(IEnumerable<Fault> faults) => _faults.AddRange(faults);

    /// <summary>Ends the reading: what no call asked for is a fault.</summary>
    public void Done()
    {
        string valid = string.Join(", ", _known);
        if (_json is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) } other)
        {
            _faults.Add(new(Path.Length == 0 ? "the document" : Path, Shown(other), $"must be an object with the members {valid}"));
        }

        foreach ((string name, JsonElement value) in _members.Where(member => !_known.Contains(member.Key)))
        {
            Add(name, value, $"is not known; valid are {valid}");
        }
    }

    private void ReadMembers(JsonElement document)
    {
        foreach (JsonProperty member in document.EnumerateObject())
        {
            string name;
            try
            {
                name = member.Name;
            }
            catch (InvalidOperationException)
            {
                _faults.Add(new(Path, null, "has a member whose name is not well-formed Unicode"));
                continue;
            }

            if (!_members.TryAdd(name, member.Value))
            {
                Add(name, member.Value, "is given twice");
            }
        }
    }

    private string? ToText(string key, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String && JsonText.TryGetString(json, out string? text) && !string.IsNullOrWhiteSpace(text))
        {
            return text;
        }

        Add(key, json, "must be a text that is not empty");
        return null;
    }

    private void Add(string key, JsonElement? json, string rule) => _faults.Add(new(PathOf(key), json is { } value ? Shown(value) : null, rule));

    private string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private static string Shown(JsonElement json)
    {
        string text = json.GetRawText();
        return text.Length <= LongestShown ? text : text[..LongestShown] + "...";
    }
}
