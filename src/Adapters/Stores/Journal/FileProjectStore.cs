using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Projects as <c>projects/NAME.json</c>. What cannot stand in every file system's names is written as <c>%</c> and two hexadecimal digits a byte.</summary>
internal sealed class FileProjectStore(string dataFolder) : IProjectStore
{
    private const int LongestFileName = 200;
    private readonly string _folder = Path.Combine(dataFolder, "projects");

    public async Task PutAsync(ProjectRecord project, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string path = PathOf(project.Name);
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(project, EngineJson.Options);
        Disk.Try(_folder, () =>
        {
            Directory.CreateDirectory(_folder);
            Disk.Replace(path, content, durable: true);
            return true;
        });
    }

    public async Task<ProjectRecord?> FindAsync(string name, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string path = PathOf(name);
        try
        {
            return Disk.Try(_folder, () => Disk.Read(path)) is { } content ? JsonSerializer.Deserialize<ProjectRecord>(content, EngineJson.Options) : null;
        }
        catch (JsonException e)
        {
            throw new CorruptDataException(path, e.Message, e);
        }
    }

    private string PathOf(string name)
    {
        StringBuilder file = new();
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            _ = char.IsAsciiLetterLower((char)b) || char.IsAsciiDigit((char)b) || b == '-' || b == '_' ? file.Append((char)b) : file.Append($"%{b:x2}");
        }

        return file.Length is >= 1 and <= LongestFileName
            ? Path.Combine(_folder, file.Append(".json").ToString())
            : throw new InvalidInputException(new Fault("project", JsonSerializer.Serialize(name), $"must have 1 to {LongestFileName} characters (what is not a-z, 0-9, - or _ counts threefold)"));
    }
}
