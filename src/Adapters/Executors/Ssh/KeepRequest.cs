using System.Text.Json;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>The settings of a worker that needs no connection; <c>hpo_trial/detached/keeper.py</c> says what they mean.</summary>
internal sealed record KeepRequest(string Folder, double? TimeLimitS, double? TimeoutS, double PatienceS)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public string Launcher { get; init; } = string.Empty;

    /// <summary>One line.</summary>
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n'];
}
