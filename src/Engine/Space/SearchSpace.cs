using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Space;

/// <summary>The hyperparameters of an experiment. Immutable, always valid, equal by content.</summary>
/// <remarks>
/// Searchers see it as the unit cube of <see cref="Dimension"/> coordinates: one for each parameter that is not fixed, in document order,
/// the conditional ones included whether active or not. A uniform point decodes to the distribution the user described.
/// </remarks>
[JsonConverter(typeof(SearchSpaceJsonConverter))]
public sealed class SearchSpace : IEquatable<SearchSpace>
{
    private const int LongestDimension = 100;

    private readonly NameTable _names;
    private readonly int[] _coordinates;
    private readonly int[] _order;
    private readonly (int Parent, ConditionClause Clause)[][] _conditions;

    /// <summary>A space of these parameters, in this order.</summary>
    /// <exception cref="InvalidInputException">There are none, two have the same name, or conditions do not fit together.</exception>
    public SearchSpace(params ImmutableArray<Parameter> parameters)
        : this(parameters.IsDefault ? [] : parameters, "search_space", isChecked: false)
    {
    }

    private SearchSpace(ImmutableArray<Parameter> parameters, string path, bool isChecked)
    {
        if (!isChecked)
        {
            Check(parameters, path);
        }

        Parameters = parameters;
        _names = new([.. parameters.Select(parameter => parameter.Name)]);
        _coordinates = new int[parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            _coordinates[i] = parameters[i] is FixedParameter ? -1 : Dimension++;
        }

        _conditions =
        [
            .. parameters.Select(parameter => parameter.Condition?.Clauses.Select(clause => (_names.PositionOf(clause.Parent), clause)).ToArray() ?? []),
        ];
        _order = OrderParentsFirst();
        IsConditional = _conditions.Any(condition => condition.Length > 0);
    }

    /// <summary>In document order; at least one.</summary>
    public ImmutableArray<Parameter> Parameters { get; }

    /// <summary>Coordinates of the unit cube: the parameters that are not fixed.</summary>
    public int Dimension { get; }

    /// <summary>Whether any parameter has a condition.</summary>
    public bool IsConditional { get; }

    /// <summary>Positions of the parameters in document order, but every parent before its children.</summary>
    internal ReadOnlySpan<int> ParentsFirst => _order;

    /// <summary>Reads a search-space document: <c>{ "lr": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, … }</c>.</summary>
    /// <param name="json">The document.</param>
    /// <param name="path">What the paths of faults begin with.</param>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static SearchSpace Parse(JsonElement json, string path = "search_space") =>
        new(new SearchSpaceReader(path).Read(json), path, isChecked: true);

    /// <summary>Reads a search-space document from text.</summary>
    /// <exception cref="InvalidInputException">Something is wrong, the JSON itself included; lists all of it.</exception>
    public static SearchSpace Parse(string json, string path = "search_space")
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Parse(document.RootElement, path);
        }
        catch (JsonException error)
        {
            throw new InvalidInputException(new Fault(path, null, $"must be JSON: {error.Message}"));
        }
    }

    /// <summary>The parameter of this name.</summary>
    /// <returns>Null if there is none.</returns>
    public Parameter? Find(string name) => _names.PositionOf(name) is >= 0 and int position ? Parameters[position] : null;

    /// <summary>The configuration at a point of the unit cube. Coordinates of inactive parameters do not matter.</summary>
    /// <param name="unit">Shape [<see cref="Dimension"/>], in document order, each in [0, 1).</param>
    /// <exception cref="ArgumentException"><paramref name="unit"/> has another length.</exception>
    /// <remarks>Allocates the configuration and its array of values.</remarks>
    public Configuration Decode(ReadOnlySpan<double> unit)
    {
        RequireDimension(unit.Length);
        ParameterValue[] values = new ParameterValue[Parameters.Length];
        int active = 0;
        foreach (int i in _order)
        {
            bool isActive = IsActive(i, values);
            values[i] = isActive ? Parameters[i].Decode(_coordinates[i] < 0 ? 0 : unit[_coordinates[i]]) : ParameterValue.Absent;
            active += isActive ? 1 : 0;
        }

        return new(_names, values, active);
    }

    /// <summary>Asks for the value of each active parameter, parents first; the others are <see cref="ParameterValue.Absent"/>.</summary>
    /// <param name="valueOf">Value of the parameter at a position.</param>
    internal ParameterValue[] Activate(Func<int, ParameterValue> valueOf)
    {
        ParameterValue[] values = new ParameterValue[Parameters.Length];
        foreach (int i in _order)
        {
            values[i] = IsActive(i, values) ? valueOf(i) : ParameterValue.Absent;
        }

        return values;
    }

    /// <summary>A configuration of what <see cref="Activate"/> gave; takes ownership.</summary>
    internal Configuration Compose(ParameterValue[] values) => new(_names, values, values.Count(value => !value.IsAbsent));

    /// <summary>A point of the unit cube that decodes to a configuration (up to rounding); 0.5 for inactive parameters.</summary>
    /// <param name="configuration">A configuration of this space.</param>
    /// <param name="unit">Receives the point; shape [<see cref="Dimension"/>].</param>
    /// <exception cref="ArgumentException">The configuration lies outside the space, or <paramref name="unit"/> has another length.</exception>
    public void Encode(Configuration configuration, Span<double> unit)
    {
        RequireDimension(unit.Length);
        if (!Contains(configuration))
        {
            throw new ArgumentException($"the configuration {configuration} lies outside the space", nameof(configuration));
        }

        for (int i = 0; i < Parameters.Length; i++)
        {
            if (_coordinates[i] >= 0)
            {
                unit[_coordinates[i]] = configuration.TryGetValue(_names[i], out ParameterValue value) ? Parameters[i].Encode(value) : 0.5;
            }
        }
    }

    /// <summary>Whether a configuration has exactly the parameters that are active in it, each with a value it can take.</summary>
    public bool Contains(Configuration configuration) => FaultsOf(configuration, string.Empty).IsEmpty;

    /// <summary>Why a configuration lies outside this space.</summary>
    /// <param name="configuration">Any configuration, for example a search point a user wrote down.</param>
    /// <param name="path">What the paths of faults begin with.</param>
    /// <returns>Empty if it lies inside.</returns>
    public ImmutableArray<Fault> FaultsOf(Configuration configuration, string path)
    {
        ParameterValue[] values = new ParameterValue[Parameters.Length];
        List<Fault> faults = [];
        foreach (int i in _order)
        {
            bool isGiven = configuration.TryGetValue(_names[i], out ParameterValue value);
            bool isActive = IsActive(i, values);
            values[i] = isGiven && isActive ? value : ParameterValue.Absent;
            string? rule = (isGiven, isActive) switch
            {
                (false, true) => "is missing",
                (true, false) => $"must be absent: its condition on {string.Join(" and ", Parameters[i].Condition!.Clauses.Select(clause => clause.Parent))} does not hold",
                (true, true) when !Parameters[i].Contains(value) => $"must be a value of this {Parameters[i].Method} parameter{DimensionOf(Parameters[i])}",
                _ => null,
            };
            if (rule is not null)
            {
                faults.Add(new($"{path}.{_names[i]}", isGiven ? value.ToJson() : null, rule));
            }
        }

        faults.AddRange(configuration.Where(pair => _names.PositionOf(pair.Key) < 0)
            .Select(pair => new Fault($"{path}.{pair.Key}", pair.Value.ToJson(), "is not a hyperparameter of this space")));
        return [.. faults];
    }

    /// <summary>The search-space document, with <c>grid_search</c> written out and everything else as it was given.</summary>
    public string ToJson() => Written(Write);

    /// <summary>Equal parameters in the same order.</summary>
    public bool Equals(SearchSpace? other) => other is not null && Parameters.AsSpan().SequenceEqual(other.Parameters.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SearchSpace);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Parameters.Length, Parameters[0]);

    /// <summary>What a parameter may be, where that is short enough to be read.</summary>
    private static string DimensionOf(Parameter parameter)
    {
        string dimension = Written(writer =>
        {
            writer.WriteStartObject();
            parameter.WriteDimension(writer);
            writer.WriteEndObject();
        });
        return dimension.Length <= LongestDimension ? $", {dimension}" : string.Empty;
    }

    private static string Written(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (Parameter parameter in Parameters)
        {
            writer.WriteStartObject(parameter.Name);
            writer.WriteString("method", parameter.Method);
            writer.WriteStartObject("dimension");
            parameter.WriteDimension(writer);
            writer.WriteEndObject();
            if (parameter.Condition is { } condition)
            {
                writer.WritePropertyName("condition");
                condition.Write(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Check(ImmutableArray<Parameter> parameters, string path)
    {
        List<Fault> faults = [];
        if (parameters.IsEmpty)
        {
            faults.Add(new(path, "{}", "must have at least one hyperparameter"));
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (Parameter twice in parameters.Where(parameter => !names.Add(parameter.Name)))
        {
            faults.Add(new($"{path}.{twice.Name}", null, "is defined twice"));
        }

        if (names.Count == parameters.Length)
        {
            faults.AddRange(ConditionRules.FaultsOf(parameters, names, path));
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    private bool IsActive(int position, ReadOnlySpan<ParameterValue> values)
    {
        foreach ((int parent, ConditionClause clause) in _conditions[position])
        {
            if (!clause.Holds(values[parent]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Positions in document order, but every parent before its children.</summary>
    private int[] OrderParentsFirst()
    {
        List<int> order = [];
        bool[] placed = new bool[Parameters.Length];
        while (order.Count < Parameters.Length)
        {
            for (int i = 0; i < Parameters.Length; i++)
            {
                if (!placed[i] && _conditions[i].All(clause => placed[clause.Parent]))
                {
                    placed[i] = true;
                    order.Add(i);
                }
            }
        }

        return [.. order];
    }

    private void RequireDimension(int length)
    {
        if (length != Dimension)
        {
            throw new ArgumentException($"a point of this space has {Dimension} coordinates, was {length}", nameof(length));
        }
    }
}
