using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Space;

/// <summary>When a parameter is active: every clause must hold. A clause on a parameter that is itself inactive does not hold.</summary>
/// <remarks>In files: <c>"condition": {"booster": ["gbtree", "dart"], "depth": [1, 2]}</c>. Equal by content.</remarks>
public sealed record Condition
{
    /// <param name="clauses">At least one, on different parameters.</param>
    /// <exception cref="InvalidInputException">There is none, two are on the same parameter, or one has no values.</exception>
    public Condition(params ImmutableArray<ConditionClause> clauses)
    {
        Rules rules = new("condition");
        if (clauses.IsDefaultOrEmpty)
        {
            throw new InvalidInputException(new Fault("condition", "{}", "must name a parameter"));
        }

        for (int i = 0; i < clauses.Length; i++)
        {
            Check(rules, clauses[i]);
            if (clauses.Take(i).Any(earlier => earlier.Parent == clauses[i].Parent))
            {
                rules.Add(clauses[i].Parent, null, "is named twice");
            }
        }

        rules.ThrowIfBroken();
        Clauses = clauses;
    }

    /// <summary>In document order; at least one, on different parameters.</summary>
    public ImmutableArray<ConditionClause> Clauses { get; }

    /// <summary>Same clauses in the same order.</summary>
    public bool Equals(Condition? other) => other is not null && Clauses.AsSpan().SequenceEqual(other.Clauses.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Clauses.Length, Clauses[0]);

    internal static void Check(Rules rules, ConditionClause clause)
    {
        if (clause.Values.IsDefaultOrEmpty)
        {
            rules.Add(clause.Parent, "[]", "must list at least one value");
        }
        else
        {
            rules.Distinct(clause.Parent, clause.Values);
        }
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (ConditionClause clause in Clauses)
        {
            writer.WriteStartArray(clause.Parent);
            foreach (ParameterValue value in clause.Values)
            {
                value.Write(writer);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}

/// <summary>One parameter that must have one of these values.</summary>
/// <param name="Parent">Name of a categorical, uniformint or fixed parameter.</param>
/// <param name="Values">Values it can take; at least one, all different.</param>
public sealed record ConditionClause(string Parent, ImmutableArray<ParameterValue> Values)
{
    /// <summary>Whether the value of the parent lets the clause hold.</summary>
    public bool Holds(ParameterValue parent)
    {
        foreach (ParameterValue value in Values)
        {
            if (value.SameAs(parent))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Same parent and values in the same order.</summary>
    public bool Equals(ConditionClause? other) =>
        other is not null && Parent == other.Parent && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Parent, Values.Length);
}
