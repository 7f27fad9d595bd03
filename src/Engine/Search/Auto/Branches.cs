using System.Collections.Immutable;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>The parts of a conditional space: one for each category of the choice that most parameters depend on.</summary>
/// <remarks>In a part, that choice is made, and the parameters that belong to other choices are gone. Its configurations are configurations of the whole.</remarks>
internal sealed class Branches
{
    /// <summary>Most parts that are searched on their own.</summary>
    private const int Most = 12;

    private Branches(SearchSpace space, string choice, ImmutableArray<(ParameterValue, SearchSpace)> parts) => (Space, Choice, Parts) = (space, choice, parts);

    /// <summary>The whole.</summary>
    public SearchSpace Space { get; }

    /// <summary>Name of the choice; empty where there is none.</summary>
    public string Choice { get; }

    /// <summary>Its categories and what is left of the space; empty where there is no choice.</summary>
    public ImmutableArray<(ParameterValue Value, SearchSpace Space)> Parts { get; }

    /// <summary>Divides a space.</summary>
    public static Branches Of(SearchSpace space)
    {
        CategoricalParameter? choice = space.Parameters.OfType<CategoricalParameter>()
            .Where(parameter => parameter.Condition is null && parameter.Categories.Length is >= 2 and <= Most)
            .MaxBy(parameter => Children(space, parameter.Name));
        return choice is null || Children(space, choice.Name) == 0
            ? new(space, string.Empty, [])
            : new(space, choice.Name, [.. choice.Categories.Select(category => (category, Part(space, choice, category)))]);
    }

    private static int Children(SearchSpace space, string parent) =>
        space.Parameters.Count(parameter => parameter.Condition is { } condition && condition.Clauses.Any(clause => clause.Parent == parent));

    private static SearchSpace Part(SearchSpace space, CategoricalParameter choice, ParameterValue category)
    {
        HashSet<string> gone = [];
        foreach (int position in space.ParentsFirst)
        {
            Parameter parameter = space.Parameters[position];
            if (parameter.Condition is { } condition
                && condition.Clauses.Any(clause => gone.Contains(clause.Parent) || (clause.Parent == choice.Name && !clause.Holds(category))))
            {
                gone.Add(parameter.Name);
            }
        }

        // By way of the document, because parameters cannot be given other conditions.
        JsonObject document = JsonNode.Parse(space.ToJson())!.AsObject();
        foreach (string name in gone)
        {
            document.Remove(name);
        }

        document[choice.Name]!["dimension"]!["categories"] = new JsonArray(JsonNode.Parse(category.ToJson()));
        foreach ((_, JsonNode? definition) in document)
        {
            if (definition!["condition"] is JsonObject condition && condition.Remove(choice.Name) && condition.Count == 0)
            {
                definition.AsObject().Remove("condition");
            }
        }

        return SearchSpace.Parse(document.ToJsonString());
    }
}
