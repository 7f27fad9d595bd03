using System.Text;
using HpoServerless.Adapters.Executors.Processes;

namespace HpoServerless.Adapters.Tests.Executors.Processes;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(70_000)]
    public async Task Lines_come_out_whole_however_they_come_in(int chunk)
    {
        string[] lines = ["", "a", new('b', 40_000), "", new('c', 20_000), "last"];
        LineReader reader = new(new Chunks(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\ntorn"), chunk));
        foreach (string line in lines)
        {
            Assert.Equal(line, Encoding.UTF8.GetString((await reader.ReadAsync())!.Value.Span));
        }

        Assert.Null(await reader.ReadAsync());
    }

    [Fact]
    public async Task A_line_beyond_the_limit_is_an_error()
    {
        LineReader reader = new(new Chunks(new byte[100_000], 1000), maxLength: 50_000);
        await Assert.ThrowsAsync<WorkerProtocolException>(async () => await reader.ReadAsync());
    }

    private sealed class Chunks(byte[] content, int size) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
