using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Functions.Http;

/// <summary>Finds members that are given twice and texts that are none. What it takes grows with the body and with nothing else: paths are written for faults alone, and faults are few.</summary>
internal sealed class JsonFaults
{
    private const int Most = 50;
    private const int LongestName = 100;

    private readonly ImmutableArray<Fault>.Builder _faults = ImmutableArray.CreateBuilder<Fault>();
    private readonly List<(string? Name, int Index)> _place = [];

    private JsonFaults()
    {
    }

    private bool IsFull => _faults.Count >= Most;

    /// <summary>The first faults of a document, in its order.</summary>
    public static ImmutableArray<Fault> Find(JsonElement json)
    {
        JsonFaults found = new();
        found.Look(json);
        return found._faults.DrainToImmutable();
    }

    private void Look(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            LookAtItems(json);
        }
        else if (json.ValueKind == JsonValueKind.Object)
        {
            LookAtMembers(json);
        }
        else if (json.ValueKind == JsonValueKind.String && TextOf(json, json => json.GetString()) is null)
        {
            Add("must be well-formed Unicode");
        }
    }

    private void LookAtItems(JsonElement array)
    {
        int index = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            _place.Add((null, index++));
            Look(item);
            _place.RemoveAt(_place.Count - 1);
            if (IsFull)
            {
                return;
            }
        }
    }

    private void LookAtMembers(JsonElement json)
    {
        HashSet<string> names = [];
        foreach (JsonProperty member in json.EnumerateObject())
        {
            if (TextOf(member, member => member.Name) is not { } name)
            {
                Add("has a member whose name is not well-formed Unicode");
                return;
            }

            _place.Add((name, 0));
            if (!names.Add(name))
            {
                Add("is given twice");
            }

            Look(member.Value);
            _place.RemoveAt(_place.Count - 1);
            if (IsFull)
            {
                return;
            }
        }
    }

    private void Add(string rule)
    {
        if (!IsFull)
        {
            _faults.Add(new(Path(), null, rule));
        }
    }

    private string Path()
    {
        StringBuilder path = new();
        foreach ((string? name, int index) in _place)
        {
            if (name is null)
            {
                path.Append('[').Append(index).Append(']');
            }
            else
            {
                path.Append(path.Length == 0 ? string.Empty : ".").Append(Cut(name));
            }
        }

        return path.Length == 0 ? "body" : path.ToString();
    }

    private static string Cut(string name) =>
        name.Length <= LongestName ? name : $"{name.AsSpan(0, char.IsHighSurrogate(name[LongestName - 1]) ? LongestName - 1 : LongestName)}…";

    private static string? TextOf<T>(T json, Func<T, string?> read)
    {
        try
        {
            return read(json);
        }
        catch (InvalidOperationException)
        {
            return null; // half of a character, as \ud800
        }
    }
}
