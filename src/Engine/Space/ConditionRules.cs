using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Space;

/// <summary>What conditions must obey across a whole space.</summary>
internal static class ConditionRules
{
    /// <param name="parameters">The parameters that could be read.</param>
    /// <param name="declared">Names of all parameters, also of those that have faults of their own.</param>
    /// <param name="path">Path of the space.</param>
    public static IEnumerable<Fault> FaultsOf(IReadOnlyCollection<Parameter> parameters, IReadOnlySet<string> declared, string path)
    {
        Dictionary<string, Parameter> byName = parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (Parameter parameter in parameters)
        {
            foreach (ConditionClause clause in parameter.Condition?.Clauses ?? [])
            {
                string where = $"{path}.{parameter.Name}.condition.{clause.Parent}";
                if (!declared.Contains(clause.Parent))
                {
                    yield return new(where, null, "is not a hyperparameter of this space");
                }
                else if (byName.TryGetValue(clause.Parent, out Parameter? parent))
                {
                    foreach (Fault fault in FaultsOf(clause, parent, where))
                    {
                        yield return fault;
                    }
                }
            }

            if (CycleThrough(parameter, byName) is { } cycle)
            {
                yield return new($"{path}.{parameter.Name}.condition", null, $"must not depend on itself: {string.Join(" → ", cycle)}");
            }
        }
    }

    private static IEnumerable<Fault> FaultsOf(ConditionClause clause, Parameter parent, string where)
    {
        if (parent is not (CategoricalParameter or UniformIntParameter or FixedParameter))
        {
            yield return new(where, null, $"must be categorical, uniformint or fixed to have conditions on it, but is {parent.Method}");
            yield break;
        }

        foreach (ParameterValue value in clause.Values.Where(value => !parent.Contains(value)))
        {
            yield return new(where, value.ToJson(), "must be a value that this parameter can take");
        }
    }

    /// <summary>The shortest way from a parameter over its parents back to itself, or null.</summary>
    private static Stack<string>? CycleThrough(Parameter start, Dictionary<string, Parameter> byName)
    {
        Dictionary<string, string> reachedFrom = new(StringComparer.Ordinal);
        Queue<string> waiting = new([start.Name]);
        while (waiting.TryDequeue(out string? name))
        {
            foreach (ConditionClause clause in byName.GetValueOrDefault(name)?.Condition?.Clauses ?? [])
            {
                if (reachedFrom.TryAdd(clause.Parent, name))
                {
                    waiting.Enqueue(clause.Parent);
                }
            }
        }

        return reachedFrom.ContainsKey(start.Name) ? Way(start.Name, reachedFrom) : null;
    }

    private static Stack<string> Way(string start, Dictionary<string, string> reachedFrom)
    {
        Stack<string> way = new([start]);
        do
        {
            way.Push(reachedFrom[way.Peek()]);
        }
        while (way.Peek() != start);
        return way;
    }
}
