using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Cli.Tests.Run;
using HpoServerless.Contracts.Idds;
using HpoServerless.Contracts.Panda;

namespace HpoServerless.Cli.Tests.Grid;

public sealed class SubmitIddsCommandTests : IDisposable
{
    private const string Image = "docker://lab/hpo:1.0";

    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Theory]
    [InlineData("--url", "submit_idds", "small", "--dry_run", "--url", "https://idds.example/idds")]
    [InlineData("--url", "submit_idds", "small", "--dry_run", "--direct", "--url", "https://alice:secret@idds.example/idds")]
    [InlineData("--url", "idds_run", "small", "--request", "1", "--url", "https://alice:secret@idds.example/idds")]
    [InlineData("--url", "run", "small", "--url", "http://alice:secret@127.0.0.1:7071")]
    [InlineData("--max_jobs", "submit_idds", "small", "--dry_run", "--num_trials", "7", "--max_jobs", "6")]
    public async Task What_cannot_be_meant_is_refused_without_a_password(string option, params string[] args)
    {
        Run.SmallProject.Write(_hpo);
        CliResult result = await _hpo.RunAsync(args);
        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dry_run_shows_the_task_and_needs_neither_server_nor_proxy()
    {
        SmallProject.Write(_hpo, trials: 20, concurrent: 4, more: """, "algorithm": "nevergrad", "algorithm_param": {"method": "DE"}, "seed": 11, "points_to_evaluate": [{"x": 2}]""");
        _hpo.Write("small/grid_config.json", """{"site": "A_GPU,B_GPU", "inDS": "user.alice.data", "outDS": "user.$RUCIO_ACCOUNT.{HPO_PROJECT_NAME}.$(date +%s)/"}""");

        CliResult result = await _hpo.SucceedAsync("submit_idds", "small", "--dry_run", "--container", Image, "--account", "alice");

        JsonElement task = JsonDocument.Parse(result.Output).RootElement;
        Assert.Matches(@"^user\.alice\.small\.\d{14}/$", task.GetProperty("taskName").GetString());
        Assert.True(task.GetProperty("hpoWorkflow").GetBoolean());
        Assert.Equal([4, 20, 40, 1], Numbers(task, "nEvents", "totNumJobs", "maxNumJobs", "nEventsPerJob"));
        Assert.Equal("""["A_GPU","B_GPU"]""", Compact(task.GetProperty("includedSite")));
        Assert.Equal(Image, task.GetProperty("multiStepExec").GetProperty("containerOptions").GetProperty("containerImage").GetString());
        JsonElement request = task.GetProperty("hpoRequestData");
        Assert.Equal([20, 4, 4], Numbers(request, "max_points", "num_points_per_generation", "num_points_per_iteration"));
        Assert.Equal("""{"x":{"method":"uniform","dimension":{"low":-5,"high":5}}}""", Compact(request.GetProperty("opt_space")));
        Assert.Equal("[[{\"x\":2.0},null]]", Compact(request.GetProperty("initial_points")));
        Assert.Equal(
            "run --rm -v $(pwd):/hpo lab/hpo:1.0 hpo generate --n_point %NUM_POINTS --max_point %MAX_POINTS --infile /hpo/%IN --outfile /hpo/%OUT "
            + "--library nevergrad --metric loss --mode min --seed 11 --algorithm_param '{\"method\":\"DE\"}'",
            request.GetProperty("arguments").GetString());
        string[] parameters = [.. task.GetProperty("jobParameters").EnumerateArray().Select(parameter => parameter.GetProperty("value").GetString()!)];
        Assert.Contains("-o output.json -j \"\" --inSampleFile input.json", parameters);
        Assert.Contains("hpo%20idds_run%20small", parameters);
        Assert.Contains("--outMetaFile=userJobMetadata.json", parameters);
        Assert.Contains("-i \"${IN_DATA/T}\"", parameters);
    }

    [Fact]
    public async Task Options_count_before_the_project()
    {
        SmallProject.Write(_hpo);
        _hpo.Write("small/grid_config.json", """{"site": "A_GPU", "container": "/cvmfs/images/hpo"}""");

        CliResult result = await _hpo.SucceedAsync(
            "submit_idds", "small", "--dry_run", "-s", "B_GPU", "--steering_container", "lab/steer", "--outDS", "user.bob.mine", "--num_trials", "7", "--points_per_generation", "3", "--max_jobs", "9", "--architecture", "nvidia-gpu");

        JsonElement task = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(["user.bob.mine/", "B_GPU", "/cvmfs/images/hpo", "nvidia-gpu"], new[] { "taskName", "site", "container_name", "architecture" }.Select(name => task.GetProperty(name).GetString()));
        Assert.Equal([7, 9], Numbers(task, "totNumJobs", "maxNumJobs"));
        Assert.Equal([7, 3], Numbers(task.GetProperty("hpoRequestData"), "max_points", "num_points_per_iteration"));
        Assert.Contains(" lab/steer hpo generate ", task.GetProperty("hpoRequestData").GetProperty("arguments").GetString(), StringComparison.Ordinal);
        Assert.False(JsonDocument.Parse((await _hpo.SucceedAsync("submit_idds", "small", "--dry_run", "-s", "ANY", "--steering_container", "lab/steer", "--account", "x")).Output).RootElement.TryGetProperty("site", out _));
    }

    [Theory]
    [InlineData("grid_config.container is missing", "--account", "alice")]
    [InlineData("--account is missing", "--container", Image)]
    [InlineData("--steering_container must name a docker image", "--container", "/cvmfs/hpo", "--account", "alice")]
    [InlineData("--steering_container must name a docker image", "--container", Image, "--account", "alice", "--steering_container", "x; rm -rf /")]
    [InlineData("--outDS must make a name", "--container", Image, "--outDS", "no spaces")]
    [InlineData("--num_trials must be at least 1, was 0", "--container", Image, "--account", "alice", "--num_trials", "0")]
    public async Task Faults_are_told_before_anything_is_sent(string message, params string[] options)
    {
        SmallProject.Write(_hpo);

        CliResult result = await _hpo.RunAsync(["submit_idds", "small", .. options]);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_metrics_are_refused()
    {
        SmallProject.Write(_hpo);
        _hpo.Write("small/hpo_config.json", """{"metrics": ["a:min", "b:max"]}""");

        CliResult result = await _hpo.RunAsync("submit_idds", "small", "--dry_run", "--container", Image, "--account", "alice");

        Assert.Contains("hpo_config.metrics must be a single one", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("min")]
    [InlineData("max")]
    public async Task What_is_submitted_to_panda_is_a_search_that_runs(string mode)
    {
        await using PandaDouble panda = await PandaDouble.StartAsync(takesAnybody: false);
        SmallProject.Write(_hpo);
        _hpo.Write("small/hpo_config.json", $$"""{"metric": "loss", "mode": "{{mode}}", "num_trials": 6, "max_concurrent": 4, "algorithm": "skopt", "algorithm_param": {"n_initial_points": 3}, "seed": 5}""");
        SignIn(panda);

        CliResult result = await _hpo.SucceedAsync("submit_idds", "small", "--container", Image, "--account", "alice");

        PandaDoubleTask task = Assert.Single(panda.Tasks);
        Assert.Equal(task.Id.ToString(CultureInfo.InvariantCulture), result.Output.Trim());
        JsonObject data = task.Parameters["hpoRequestData"]!.AsObject();
        string parameters = string.Join(' ', task.Parameters["jobParameters"]!.AsArray().Select(parameter => (string)parameter!["value"]!));
        using CliRunner job = new();
        Unpack(panda.Cache[parameters.Split("-a ")[1].Split(' ')[0]], job.Folder);
        string[] evaluation = Uri.UnescapeDataString(parameters.Split("-p \" ")[1].Split(" \"")[0]).Split(' ');

        JsonArray points = [];
        for (int generation = 0; points.Count < 6; generation++)
        {
            Assert.True(generation < 6, "no end");
            _hpo.Write("in.json", new JsonObject { ["points"] = points.DeepClone(), ["opt_space"] = data["opt_space"]!.DeepClone() }.ToJsonString());
            await _hpo.SucceedAsync(Steering((string)data["arguments"]!, (int)data["num_points_per_iteration"]!, (int)data["max_points"]!));
            foreach (JsonNode? point in JsonNode.Parse(_hpo.Files()["out.json"])!.AsArray())
            {
                job.Write("input.json", point!.ToJsonString());
                await job.SucceedAsync(evaluation[1..]);
                points.Add(new JsonArray(point.DeepClone(), JsonNode.Parse(job.Files()["output.json"])!["loss"]!.DeepClone()));
            }
        }

        Assert.Equal(6, points.Count);
        Assert.All(points, pair => Assert.Equal(Math.Pow((double)pair![0]!["x"]! - 1, 2) * (mode == "min" ? 1 : -1), (double)pair[1]!, 9));
    }

    [Fact]
    public async Task Refused_task_is_an_error_of_the_service()
    {
        await using PandaDouble panda = await PandaDouble.StartAsync(takesAnybody: false);
        SmallProject.Write(_hpo);
        SignIn(panda);
        _hpo.Set("PANDA_AUTH_ID_TOKEN", "e30.e30.c2ln");

        CliResult result = await _hpo.RunAsync("submit_idds", "small", "--container", Image, "--account", "alice");

        Assert.Equal(ExitCode.Service, result.Code);
        Assert.Empty(panda.Tasks);
    }

    [Fact]
    public async Task Search_may_be_handed_to_idds_itself_and_evaluated_here()
    {
        await using IddsDouble idds = await IddsDouble.StartAsync();
        SmallProject.Write(_hpo, trials: 5, concurrent: 3, more: """, "algorithm": "hyperopt", "points_to_evaluate": [{"x": 4}]""");
        idds.Steer = async (input, count, most) =>
        {
            _hpo.Write("in.json", input.ToJsonString());
            await _hpo.SucceedAsync(Steering((string)idds.Searches[0].Metadata["arguments"]!, count, most));
            return JsonNode.Parse(_hpo.Files()["out.json"])!.AsArray();
        };

        CliResult sent = await _hpo.SucceedAsync("submit_idds", "small", "--direct", "--url", idds.Url.AbsoluteUri, "--steering_container", "lab/steer", "--account", "alice");
        CliResult worked = await _hpo.SucceedAsync("idds_run", "small", "--request", sent.Output.Trim(), "--url", idds.Url.AbsoluteUri, "--wait", "0.1");

        IddsDoubleSearch search = Assert.Single(idds.Searches);
        Assert.Equal(("Finished", 5), (search.Status, search.Points.Count));
        Assert.Equal(9, search.Points[0].Loss);
        Assert.Contains("5 points evaluated", worked.Output, StringComparison.Ordinal);
    }

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(JsonNode.Parse(json.GetRawText()));

    private static int[] Numbers(JsonElement json, params string[] names) => [.. names.Select(name => json.GetProperty(name).GetInt32())];

    /// <summary>The arguments of hpo in a steering command line, as a shell splits them, with the placeholders filled in.</summary>
    private static string[] Steering(string arguments, int count, int most)
    {
        string filled = arguments[arguments.IndexOf(" hpo generate ", StringComparison.Ordinal)..].Replace("/hpo/", string.Empty, StringComparison.Ordinal)
            .Replace("%NUM_POINTS", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("%MAX_POINTS", most.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("%IN", "in.json", StringComparison.Ordinal).Replace("%OUT", "out.json", StringComparison.Ordinal);
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"printf '%s\\n' {filled}"]) { RedirectStandardOutput = true })!;
        string[] words = shell.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        shell.WaitForExit();
        return words[1..];
    }

    private static void Unpack(byte[] sandbox, string folder)
    {
        using GZipStream plain = new(new MemoryStream(sandbox, writable: false), CompressionMode.Decompress);
        TarFile.ExtractToDirectory(plain, folder, overwriteFiles: false);
    }

    private void SignIn(PandaDouble panda)
    {
        _hpo.Write("authorities/double.pem", panda.CertificatePem);
        _hpo.Set("X509_CERT_DIR", Path.Combine(_hpo.Folder, "authorities"));
        _hpo.Set("PANDA_API_URL_SSL", panda.Api.AbsoluteUri);
        _hpo.Set("PANDACACHE_URL", panda.Api.GetLeftPart(UriPartial.Authority));
        _hpo.Set("PANDA_AUTH", "oidc");
        _hpo.Set("PANDA_AUTH_VO", panda.Vo);
        _hpo.Set("PANDA_AUTH_ID_TOKEN", panda.NewToken(TimeSpan.FromHours(1)));
    }
}
