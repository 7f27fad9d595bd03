using System.Text.Json;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>What the server said in its own envelope.</summary>
/// <param name="What">What was asked for, for messages.</param>
/// <param name="Success">Whether it was done.</param>
/// <param name="Message">What it says about it.</param>
/// <param name="Data">The content.</param>
internal sealed record PandaAnswer(string What, bool Success, string Message, JsonElement Data)
{
    /// <summary>The server's code, where the content is one.</summary>
    public int? Code => Data.ValueKind == JsonValueKind.Number && Data.TryGetInt32(out int code) ? code : null;

    /// <summary>Demands that it was done.</summary>
    /// <exception cref="PandaException">It was not.</exception>
    public PandaAnswer Need() => Success ? this : throw Refusal();

    public PandaException Refusal() => new(200, Code, What, Message.Length > 0 ? Message : Code is { } code ? $"code {code}" : "it does not say why");
}
