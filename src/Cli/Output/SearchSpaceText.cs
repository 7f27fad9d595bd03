using System.Text.Json;

namespace HpoServerless.Cli.Output;

/// <summary>A hyperparameter on one line.</summary>
internal static class SearchSpaceText
{
    /// <summary>Name and definition, such as <c>lr</c> and <c>loguniform low=1e-5 high=0.01</c>.</summary>
    public static IReadOnlyList<string> Row(JsonProperty hyperparameter)
    {
        JsonElement definition = hyperparameter.Value;
        string arguments = string.Join(' ', definition.GetProperty("dimension").EnumerateObject().Select(a => $"{a.Name}={a.Value.GetRawText()}"));
        string condition = definition.TryGetProperty("condition", out JsonElement parents) ? $" if {parents.GetRawText()}" : string.Empty;
        return [hyperparameter.Name, $"{definition.GetProperty("method").GetString()} {arguments}{condition}"];
    }
}
