using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Projects;

/// <summary>Where trials run when they run on a grid. Local runs do not look at it.</summary>
public sealed record GridConfig
{
    internal const string DocumentName = "grid_config";

    /// <summary>Names of the sites to choose from; empty means any. In the document: names joined with commas, or a list.</summary>
    public ImmutableArray<string> Sites { get; init; } = [];

    /// <summary>Container image; null means the executor's own choice.</summary>
    public string? Container { get; init; }

    /// <summary>Whether the grid itself retries failed jobs.</summary>
    public bool Retry { get; init; }

    /// <summary>Input dataset; null for none.</summary>
    public string? InDS { get; init; }

    /// <summary>Output dataset, with <c>{HPO_PROJECT_NAME}</c> for the project's name; null means a name made at submission.</summary>
    public string? OutDS { get; init; }

    /// <summary>JSON object of options for the grid's own client; null for none.</summary>
    public JsonElement? Extra { get; init; }

    /// <summary>Reads the document.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static GridConfig Parse(JsonElement json)
    {
        List<Fault> faults = [];
        GridConfig config = Read(new(json, DocumentName, faults));
        return faults.Count == 0 ? config : throw new InvalidInputException([.. faults]);
    }

    /// <summary>The whole document, defaults written out.</summary>
    public JsonElement ToJson() => DocumentWriter.ToElement(Write);

    /// <summary>What executors of grids are told; null where the document says nothing.</summary>
    internal GridWishes? ToWishes() => Sites.IsEmpty && Container is null && !Retry && InDS is null && OutDS is null
        ? null
        : new() { Sites = Sites, Container = Container, Retry = Retry, InDS = InDS, OutDS = OutDS };

    internal static GridConfig Read(DocumentReader reader)
    {
        GridConfig config = new()
        {
            Sites = ReadSites(reader),
            Container = reader.Text("container"),
            Retry = reader.Flag("retry") ?? false,
            InDS = reader.Text("inDS"),
            OutDS = reader.Text("outDS"),
            Extra = reader.Object("extra"),
        };
        reader.Done();
        return config;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("site", Sites.IsEmpty ? null : string.Join(',', Sites));
        writer.WriteString("container", Container);
        writer.WriteNumber("retry", Retry ? 1 : 0);
        writer.WriteString("inDS", InDS);
        writer.WriteString("outDS", OutDS);
        if (Extra is { } extra)
        {
            writer.WriteObject("extra", extra, orEmpty: true);
        }

        writer.WriteEndObject();
    }

    private static ImmutableArray<string> ReadSites(DocumentReader reader)
    {
        ImmutableArray<string> sites = reader.Find("site") is { ValueKind: JsonValueKind.Array }
            ? reader.Texts("site") ?? []
            : [.. (reader.Text("site") ?? string.Empty).Split(',', StringSplitOptions.TrimEntries)];
        if (reader.Has("site") && sites.Any(string.IsNullOrWhiteSpace) && reader.Find("site") is { ValueKind: JsonValueKind.String })
        {
            reader.Fault("site", "must be names of sites joined with commas, none of them empty");
        }

        return [.. sites.Where(site => site.Length > 0)];
    }
}
