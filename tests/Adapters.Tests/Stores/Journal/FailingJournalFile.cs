using HpoServerless.Adapters.Stores.Journal;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

/// <summary>A disk that fails when it is told to.</summary>
internal sealed class FailingJournalFile(string path, FailingJournalFile.Script script) : JournalFile(path)
{
    public override void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (script.BytesLeft is { } left)
        {
            base.Write(bytes[..Math.Min(left, bytes.Length)], offset);
            throw new IOException("No space left on device");
        }

        base.Write(bytes, offset);
    }

    public override void Flush()
    {
        if (script.FlushFails)
        {
            throw new IOException("Input/output error");
        }

        base.Flush();
    }

    public override void Truncate(long length)
    {
        if (script.TruncateFails)
        {
            throw new IOException("Input/output error");
        }

        base.Truncate(length);
    }

    /// <summary>What fails.</summary>
    public sealed class Script
    {
        /// <summary>Bytes that fit before the disk is full; null while it is not.</summary>
        public int? BytesLeft { get; set; }

        public bool FlushFails { get; set; }

        public bool TruncateFails { get; set; }
    }
}
