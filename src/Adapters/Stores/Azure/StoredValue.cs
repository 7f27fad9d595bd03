using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The bytes that keep a value: JSON, compressed where that makes them smaller.</summary>
/// <param name="Bytes">UTF-8 JSON, or gzip of it. The two differ in their first byte.</param>
/// <param name="Hash">Of the JSON; the same value has the same hash however it is kept.</param>
internal sealed record StoredValue(byte[] Bytes, string Hash)
{
    private const int CompressFrom = 32 << 10;
    private const byte GzipStart = 0x1F;
    private const int HashLength = 32;

    /// <summary>Ending of the name of a file with these bytes.</summary>
    public string Extension => Bytes is [GzipStart, ..] ? ".json.gz" : ".json";

    public static StoredValue Of<T>(T value)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, EngineJson.Options);
        string hash = Convert.ToHexStringLower(SHA256.HashData(json))[..HashLength];
        byte[] packed = json.Length > CompressFrom ? Compress(json) : json;
        return new(packed.Length < json.Length ? packed : json, hash);
    }

    /// <summary>A value that is compressed however small it is.</summary>
    public static byte[] Compressed<T>(T value) => Compress(JsonSerializer.SerializeToUtf8Bytes(value, EngineJson.Options));

    /// <exception cref="JsonException">The bytes are no such value.</exception>
    /// <exception cref="InvalidDataException">They are no gzip, although they begin like it.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize<T>(bytes.Span is [GzipStart, ..] ? Decompress(bytes) : bytes.Span, EngineJson.Options)
        ?? throw new JsonException("null is no value");

    private static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    private static ReadOnlySpan<byte> Decompress(ReadOnlyMemory<byte> packed)
    {
        using MemoryStream source = new(packed.ToArray(), writable: false);
        using GZipStream gzip = new(source, CompressionMode.Decompress);
        using MemoryStream content = new();
        gzip.CopyTo(content);
        return content.GetBuffer().AsSpan(0, (int)content.Length);
    }
}
