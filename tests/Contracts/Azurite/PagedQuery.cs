using System.Net;
using System.Text;

namespace HpoServerless.Contracts.Azurite;

/// <summary>Makes a table query answer in short pages, and in empty ones between, each with a continuation.</summary>
internal static class PagedQuery
{
    private const string Partition = "NextPartitionKey";
    private const string Row = "NextRowKey";

    // An empty page's continuation is the one that was asked for, so marked; the next request is sent without the mark.
    private const string Mark = "after-empty-";

    /// <summary>Rewrites the request, or answers it with an empty page.</summary>
    public static HttpResponseMessage? Shape(HttpRequestMessage request, int rows, bool emptyFirst)
    {
        UriBuilder address = new(request.RequestUri!);
        Dictionary<string, string> query = Read(address.Query);
        string partition = query.GetValueOrDefault(Partition, "");
        string row = query.GetValueOrDefault(Row, "");
        if (emptyFirst && !partition.StartsWith(Mark, StringComparison.Ordinal))
        {
            return EmptyPage(request, Mark + partition, Mark + row);
        }

        query["$top"] = rows.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Unmark(query, Partition);
        Unmark(query, Row);
        address.Query = string.Join('&', query.Select(static p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        request.RequestUri = address.Uri;
        return null;
    }

    private static HttpResponseMessage EmptyPage(HttpRequestMessage request, string partition, string row)
    {
        HttpResponseMessage page = new(HttpStatusCode.OK)
        {
            RequestMessage = request,
            Content = new StringContent("""{"value":[]}""", Encoding.UTF8, "application/json"),
        };
        page.Headers.Add($"x-ms-continuation-{Partition}", partition);
        page.Headers.Add($"x-ms-continuation-{Row}", row);
        return page;
    }

    private static void Unmark(Dictionary<string, string> query, string name)
    {
        if (query.TryGetValue(name, out string? value) && value.StartsWith(Mark, StringComparison.Ordinal))
        {
            query.Remove(name);
            if (value.Length > Mark.Length)
            {
                query[name] = value[Mark.Length..];
            }
        }
    }

    private static Dictionary<string, string> Read(string query) =>
        query.TrimStart('?')
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(static part => part.Split('=', 2))
            .ToDictionary(static p => Uri.UnescapeDataString(p[0]), static p => Uri.UnescapeDataString(p.ElementAtOrDefault(1) ?? ""), StringComparer.Ordinal);
}
