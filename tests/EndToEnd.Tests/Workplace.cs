namespace HpoServerless.EndToEnd.Tests;

/// <summary>A folder with a project whose trials take a moment, so that there is something to interrupt.</summary>
internal sealed class Workplace : IDisposable
{
    public const string Project = "slow";

    public const int Trials = 200;

    public Workplace()
    {
        Write("slow/scripts/slow.py", "import time\n\n\ndef slow(config, reporter):\n    time.sleep(0.02)\n    reporter(loss=config[\"x\"] * config[\"x\"])\n");
        Write("slow/model_config.json", """{"script": "slow.py", "model": "slow"}""");
        Write("slow/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}""");
        Write("slow/hpo_config.json", $$"""{"metric": "loss", "mode": "min", "num_trials": {{Trials}}, "max_concurrent": 3}""");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("hpo-e2e-").FullName;

    public string Data => Path.Combine(Folder, "data");

    /// <summary>Id of the only experiment in the data folder; null before there is one.</summary>
    public string? FindExperiment() => Path.Combine(Data, "experiments") is var folder && Directory.Exists(folder)
        ? Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)).FirstOrDefault(name => name[0] != '.')
        : null;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A worker of a killed process may still write its last line.
        }
    }

    /// <summary>Writes a file of the folder.</summary>
    public void Write(string relative, string text)
    {
        string file = Path.Combine(Folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
