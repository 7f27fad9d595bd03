using System.Security.Cryptography;
using HpoServerless.Engine.Errors;
using Microsoft.AspNetCore.Http;

namespace HpoServerless.Functions.Services;

/// <summary>Content on its way in: counted, bounded, and at its end compared with its checksum. Whoever stores it all or nothing stores nothing wrong.</summary>
/// <param name="source">The content; left open.</param>
/// <param name="maxBytes">Most bytes that it may have.</param>
/// <param name="sha256">Its SHA-256, 64 lower-case hexadecimal digits; null: it is not compared.</param>
public sealed class VerifiedStream(Stream source, long maxBytes, string? sha256) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _ended;

    /// <summary>Bytes read so far.</summary>
    public long Total { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The content ended and is not what the checksum says.</exception>
    /// <exception cref="BadHttpRequestException">It is too large; status 413.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await source.ReadAsync(buffer, cancellationToken);
        Total += count;
        if (Total > maxBytes)
        {
            throw new BadHttpRequestException($"the body must be at most {maxBytes} bytes", StatusCodes.Status413PayloadTooLarge);
        }

        if (count > 0)
        {
            _hash.AppendData(buffer.Span[..count]);
        }
        else if (buffer.Length > 0 && !_ended)
        {
            _ended = true;
            Compare(Convert.ToHexStringLower(_hash.GetHashAndReset()));
        }

        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Compare(string actual)
    {
        if (sha256 is not null && actual != sha256)
        {
            throw new InvalidInputException(new Fault("body", actual, $"must have the SHA-256 that the request says, {sha256}"));
        }
    }
}
