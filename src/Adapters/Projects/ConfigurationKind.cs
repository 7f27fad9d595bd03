using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Projects;

/// <summary>One of the four kinds of configuration.</summary>
public sealed class ConfigurationKind
{
    private readonly Func<JsonElement, JsonElement> _complete;

    private ConfigurationKind(string name, string folder, Func<JsonElement, JsonElement> complete)
    {
        Name = name;
        Folder = folder;
        _complete = complete;
    }

    /// <summary>Algorithm, metric, budget.</summary>
    public static ConfigurationKind Hpo { get; } = new("hpo_config", "hpo", static json => HpoConfig.Parse(json).ToJson());

    /// <summary>Sites and datasets.</summary>
    public static ConfigurationKind Grid { get; } = new("grid_config", "grid", static json => GridConfig.Parse(json).ToJson());

    /// <summary>Script and model.</summary>
    public static ConfigurationKind Model { get; } = new("model_config", "model", static json => ModelConfig.Parse(json).ToJson());

    /// <summary>Hyperparameters.</summary>
    public static ConfigurationKind SearchSpace { get; } = new(
        "search_space", "search_space", static json => DocumentText.ParseJson(Engine.Space.SearchSpace.Parse(json).ToJson(), "search_space"));

    /// <summary>All four.</summary>
    public static ImmutableArray<ConfigurationKind> All { get; } = [Model, SearchSpace, Hpo, Grid];

    /// <summary>Its name, which is also its member in a project document (for example <c>hpo_config</c>).</summary>
    public string Name { get; }

    /// <summary>Its folder below <c>config/</c>.</summary>
    public string Folder { get; }

    /// <summary>The document with its defaults written out.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public JsonElement Complete(JsonElement document) => _complete(document);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
