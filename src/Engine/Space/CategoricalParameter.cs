using System.Collections.Immutable;
using System.Text.Json;

namespace HpoServerless.Engine.Space;

/// <summary>One of a list of values, each equally likely.</summary>
public sealed record CategoricalParameter : Parameter
{
    /// <param name="name">Name in the space.</param>
    /// <param name="categories">At least one; all different, where <c>1</c> and <c>1.0</c> are the same and <c>1</c> and <c>true</c> are not.</param>
    /// <param name="gridSearch">Whether every category is to be tried instead of drawn.</param>
    /// <param name="condition">When it is active; null for always.</param>
    /// <exception cref="Errors.InvalidInputException">A rule is broken; lists every one.</exception>
    public CategoricalParameter(string name, ImmutableArray<ParameterValue> categories, bool gridSearch = false, Condition? condition = null)
        : base(name, condition)
    {
        Rules rules = new(name);
        Check(rules, categories.IsDefault ? [] : categories);
        rules.ThrowIfBroken();
        Categories = categories;
        GridSearch = gridSearch;
    }

    /// <summary>The values, in document order.</summary>
    public ImmutableArray<ParameterValue> Categories { get; }

    /// <summary>Whether every category is to be tried instead of drawn (<c>grid_search: 1</c>).</summary>
    public bool GridSearch { get; }

    /// <inheritdoc/>
    public override string Method => "categorical";

    /// <inheritdoc/>
    public override ParameterKind Kind => ParameterKind.Nominal;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterValue> GridValues => Categories;

    /// <summary>Position of a value among the categories, or -1.</summary>
    public int IndexOf(ParameterValue value)
    {
        for (int i = 0; i < Categories.Length; i++)
        {
            if (Categories[i].SameAs(value))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override bool Contains(ParameterValue value) => IndexOf(value) >= 0;

    /// <summary>Same name, condition, categories in the same order, and grid flag.</summary>
    public bool Equals(CategoricalParameter? other) =>
        base.Equals(other) && GridSearch == other.GridSearch && Categories.AsSpan().SequenceEqual(other.Categories.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Categories.Length, Categories[0]);

    internal static CategoricalParameter? Read(DefinitionReader reader)
    {
        ImmutableArray<ParameterValue>? categories = reader.Values("categories");
        bool gridSearch = reader.Flag("grid_search");
        if (categories is { } values)
        {
            Check(reader.Rules, values);
        }

        return reader.IsSound ? new(reader.Name, categories!.Value, gridSearch, reader.Condition) : null;
    }

    internal override void WriteDimension(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("categories");
        foreach (ParameterValue category in Categories)
        {
            category.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteNumber("grid_search", GridSearch ? 1 : 0);
    }

    private protected override ParameterValue DecodeUnit(double unit) => Categories[(int)(unit * Categories.Length)];

    private protected override double EncodeValue(ParameterValue value) => (IndexOf(value) + 0.5) / Categories.Length;

    private static void Check(Rules rules, ImmutableArray<ParameterValue> categories)
    {
        if (categories.IsEmpty)
        {
            rules.Add("categories", "[]", "must not be empty");
        }

        rules.Distinct("categories", categories);
    }
}
