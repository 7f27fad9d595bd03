using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>Says how a configuration differs from the one before.</summary>
internal static class ConfigurationChange
{
    private const int MostNamed = 6;

    /// <summary>For example <c>with lr 0.012 (was 0.01)</c>.</summary>
    public static string Text(Configuration before, Configuration after)
    {
        string[] changes = [.. after.Select(pair => Text(before, pair.Key, pair.Value)).OfType<string>()];
        return changes.Length == 0 ? "with its own configuration"
            : $"with {string.Join(", ", changes.Take(MostNamed))}{(changes.Length > MostNamed ? $" and {changes.Length - MostNamed} more" : string.Empty)}";
    }

    private static string? Text(Configuration before, string name, ParameterValue value) =>
        !before.TryGetValue(name, out ParameterValue old) ? $"{name} {Short(value)}"
        : old.SameAs(value) ? null
        : $"{name} {Short(value)} (was {Short(old)})";

    private static string Short(ParameterValue value) =>
        value.Kind == ParameterValueKind.Real ? value.AsDouble().ToString("G4", System.Globalization.CultureInfo.InvariantCulture) : value.ToString();
}
