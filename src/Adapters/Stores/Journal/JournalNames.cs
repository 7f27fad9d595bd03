using System.Text.Json;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Property names in journals.</summary>
internal static class JournalNames
{
    public static readonly JsonEncodedText Format = JsonEncodedText.Encode("format");
    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    public static readonly JsonEncodedText CreatedAt = JsonEncodedText.Encode("createdAt");
    public static readonly JsonEncodedText Definition = JsonEncodedText.Encode("definition");
    public static readonly JsonEncodedText Summary = JsonEncodedText.Encode("summary");
    public static readonly JsonEncodedText Event = JsonEncodedText.Encode("event");
    public static readonly JsonEncodedText Turn = JsonEncodedText.Encode("turn");
    public static readonly JsonEncodedText Folded = JsonEncodedText.Encode("folded");
    public static readonly JsonEncodedText Trials = JsonEncodedText.Encode("trials");
    public static readonly JsonEncodedText Body = JsonEncodedText.Encode("body");
}
