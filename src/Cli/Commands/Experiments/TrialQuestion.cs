using System.Globalization;
using System.Text.Json;
using HpoServerless.Cli.Output;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>A configuration for a person who evaluates it.</summary>
internal static class TrialQuestion
{
    public static void Print(Printer printer, int trial, JsonElement configuration)
    {
        printer.Line(string.Create(CultureInfo.InvariantCulture, $"trial {trial}"));
        printer.Table(["parameter", "value"], [.. configuration.EnumerateObject().Select(Row)]);
    }

    private static IReadOnlyList<string> Row(JsonProperty parameter) => [parameter.Name, parameter.Value.ToString()];
}
