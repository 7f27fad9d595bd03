using System.IO.Compression;
using System.Text;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Adapters.Projects;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>The files that an evaluation job finds in its folder: the project, as <c>hpo idds_run</c> reads it there.</summary>
public static class IddsSandbox
{
    private const int Executable = 0x49; // --x--x--x

    /// <summary>Packs <c>config/project_config.json</c>, <c>config/search_space.json</c> and <c>scripts/</c>.</summary>
    /// <exception cref="Engine.Errors.InvalidInputException">The scripts cannot be packed.</exception>
    public static PandaSandbox Pack(LoadedProject project)
    {
        List<(string Path, ReadOnlyMemory<byte> Content, bool CanRun)> files =
        [
            ("config/project_config.json", Utf8((project.Document with { ScriptsPath = null }).ToJson().GetRawText()), false),
            ("config/search_space.json", Utf8(project.Document.Space.ToJson()), false),
        ];
        using ZipArchive scripts = new(new MemoryStream(ScriptArchive.Pack(project.ScriptsFolder), writable: false));
        foreach (ZipArchiveEntry entry in scripts.Entries)
        {
            using MemoryStream content = new();
            using (Stream source = entry.Open())
            {
                source.CopyTo(content);
            }

            files.Add(($"scripts/{entry.FullName}", content.ToArray(), ((entry.ExternalAttributes >> 16) & Executable) != 0));
        }

        return PandaSandbox.Pack(files);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
