using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Projects;

/// <summary>Checks that the scripts hold what the model configuration names, and copies them.</summary>
internal static class ProjectScripts
{
    private static readonly string[] NeverCopied = ["__pycache__", ".git", ".ipynb_checkpoints"];

    /// <exception cref="InvalidInputException">The folder or the program in it is missing.</exception>
    public static void Require(ModelConfig model, string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException(new Fault("scripts_path", JsonSerializer.Serialize(folder), "must be a folder that exists"));
        }

        string? program = model.ScriptFile ?? (model.Command is [var first, ..] && first.StartsWith("./", StringComparison.Ordinal) ? first : null);
        if (program is not null && !File.Exists(Path.Combine(folder, program)))
        {
            string[] files = [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
            throw new InvalidInputException(new Fault(
                model.ScriptFile is null ? "model_config.command[0]" : "model_config.script",
                JsonSerializer.Serialize(program),
                $"must be a file in {folder}: {NearNames.Hint(program, files)}"));
        }
    }

    /// <summary>Copies a tree, without the caches of Python and of version control. Links are followed only to files.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (DirectoryInfo folder in new DirectoryInfo(from).EnumerateDirectories().Where(d => d.LinkTarget is null && !NeverCopied.Contains(d.Name)))
        {
            Copy(folder.FullName, Path.Combine(to, folder.Name));
        }
    }
}
