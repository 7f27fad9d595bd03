namespace HpoServerless.Cli.Tests.Run;

/// <summary>A project whose objective is quick, or as slow as a test needs it.</summary>
internal static class SmallProject
{
    public const string Name = "small";

    public const string Objective =
        """
        def objective(config, reporter):
            reporter(loss=(config["x"] - 1) ** 2)
        """;

    /// <summary>The first trials are quick; then one waits for ever, until the file "go" lies beside the data folder.</summary>
    public static string Waiting(string folder, int quick) =>
        $"""
        import os, time
        count = 0
        def objective(config, reporter):
            global count
            count += 1
            while count > {quick} and not os.path.exists(r"{Path.Combine(folder, "go")}"):
                time.sleep(0.01)
            reporter(loss=(config["x"] - 1) ** 2)
        """;

    /// <summary>Writes the project into the runner's folder.</summary>
    public static void Write(CliRunner runner, string objective = Objective, int trials = 12, int concurrent = 2, string more = "")
    {
        runner.Write($"{Name}/scripts/train.py", objective);
        runner.Write($"{Name}/model_config.json", """{"script": "train.py", "model": "objective"}""");
        runner.Write($"{Name}/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": -5, "high": 5}}}""");
        runner.Write($"{Name}/hpo_config.json", $$"""{"metric": "loss", "mode": "min", "num_trials": {{trials}}, "max_concurrent": {{concurrent}}{{more}}}""");
    }

    /// <summary>Waits for something that must happen.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        for (int look = 0; !holds(); look++)
        {
            Assert.True(look < 3000, "it never happened");
            await Task.Delay(20);
        }
    }

    /// <summary>The journal of the only experiment; null before there is one.</summary>
    public static string? Journal(CliRunner runner, string data = "hpo-data")
    {
        string experiments = Path.Combine(runner.Folder, data, "experiments");
        string? folder = Directory.Exists(experiments) ? Directory.GetDirectories(experiments).FirstOrDefault(f => Path.GetFileName(f)[0] != '.') : null;
        if (folder is null)
        {
            return null;
        }

        using FileStream stream = new(Path.Combine(folder, "journal.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
