using System.Text;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Projects, one blob each, named for the project.</summary>
internal sealed class AzureProjectStore(BlobGateway blobs) : IProjectStore
{
    public Task PutAsync(ProjectRecord project, CancellationToken cancellation) =>
        blobs.PutAsync(BlobName(project.Name), StoredValue.Of(project).Bytes, cancellation);

    public async Task<ProjectRecord?> FindAsync(string name, CancellationToken cancellation)
    {
        string blob = BlobName(name);
        if (await blobs.FindAsync(blob, cancellation) is not { } content)
        {
            return null;
        }

        try
        {
            return StoredValue.Read<ProjectRecord>(content);
        }
        catch (Exception e) when (ValueStore.IsDamage(e))
        {
            throw new CorruptDataException(blobs.Describe(blob), $"it is no project: {e.Message}", e);
        }
    }

    /// <summary>Usual names as they are; every other byte as <c>~</c> and two hexadecimal digits, so that no name means a path.</summary>
    private static string BlobName(string name)
    {
        StringBuilder blob = new(name.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            char c = (char)b;
            _ = char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? blob.Append(c) : blob.Append('~').Append($"{b:x2}");
        }

        return blob.Append(".json").ToString();
    }
}
