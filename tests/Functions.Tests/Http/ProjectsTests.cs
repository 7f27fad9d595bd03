using System.IO.Compression;
using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Http;

public sealed class ProjectsTests : ApiTest
{
    [Fact]
    public async Task Put_then_get_returns_the_document_as_it_was()
    {
        JsonObject document = ApiHost.Document();

        (await Api.SendAsync("PUT", "projects/my.Project_1", document)).Is(201);
        (await Api.SendAsync("PUT", "projects/my.Project_1", document)).Is(200);
        ApiAnswer answer = (await Api.SendAsync("GET", "projects/my.Project_1")).Is(200);

        Assert.Equal("my.Project_1", answer.Json.GetProperty("name").GetString());
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(answer.Json.GetProperty("configuration").GetRawText())));
        Assert.False(answer.Json.TryGetProperty("scripts", out _));
    }

    [Fact]
    public async Task Put_with_faults_lists_all_and_stores_nothing()
    {
        JsonObject document = ApiHost.Document("""{"x": {"method": "uniform", "dimension": {"low": 2, "high": 1}}}""");
        document["project_name"] = "another";
        document["hpo_config"]!["num_trials"] = -5;
        document["hpo_config"]!["speed"] = 9;
        document["surprise"] = 1;

        ApiAnswer answer = (await Api.SendAsync("PUT", "projects/broken", document)).IsProblem(400);

        Assert.Equal(5, answer.FaultPaths.Count());
        Assert.Superset(new HashSet<string> { "project_name", "surprise", "hpo_config.num_trials", "hpo_config.speed" }, answer.FaultPaths.ToHashSet());
        Assert.Contains(answer.FaultPaths, p => p.StartsWith("search_space.x", StringComparison.Ordinal));
        Assert.All(answer.Json.GetProperty("errors").EnumerateArray(), e => Assert.NotEmpty(e.GetProperty("rule").GetString()!));
        (await Api.SendAsync("GET", "projects/broken")).IsProblem(404);
    }

    [Fact]
    public async Task Put_under_a_name_that_is_not_allowed_is_refused() =>
        (await Api.SendAsync("PUT", "projects/-a%20b", ApiHost.Document())).IsProblem(400);

    [Fact]
    public async Task Scripts_are_named_by_their_content_and_survive_a_new_configuration()
    {
        await Api.PutProjectAsync();
        string? first = Scripts(await Api.SendAsync("GET", $"projects/{ApiHost.Project}"));

        (await Api.SendAsync("PUT", $"projects/{ApiHost.Project}", ApiHost.Document())).Is(200);
        string? second = Scripts(await Api.SendAsync("GET", $"projects/{ApiHost.Project}"));
        ApiAnswer third = await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", ApiHost.Zip(("train.py", "other")), "application/zip");

        Assert.StartsWith("scripts/", first);
        Assert.Equal(first, second);
        Assert.NotEqual(first, Scripts(third));
    }

    [Theory]
    [InlineData("../evil.py")]
    [InlineData("/etc/evil")]
    [InlineData("a/../../evil.py")]
    [InlineData("a\\evil.py")]
    public async Task Scripts_that_leave_their_folder_are_refused(string name)
    {
        await Api.PutProjectAsync();

        ApiAnswer answer = await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", ApiHost.Zip((name, "x")), "application/zip");

        Assert.Equal([name], answer.IsProblem(400).Json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("value").GetString()));
    }

    [Fact]
    public async Task Script_may_be_named_without_its_ending()
    {
        await Api.PutProjectAsync();
        JsonObject document = ApiHost.Document();
        document["model_config"]!["script"] = "train";
        await Api.SendAsync("PUT", $"projects/{ApiHost.Project}", document);

        Assert.Equal(202, (await Api.SendAsync("PUT", "experiments/e", new JsonObject { ["project"] = ApiHost.Project })).Status);
    }

    [Fact]
    public async Task Scripts_without_the_script_start_no_experiment()
    {
        await Api.PutProjectAsync();
        await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", ApiHost.Zip(("other.py", "x")), "application/zip");

        ApiAnswer answer = await Api.SendAsync("PUT", "experiments/e", new JsonObject { ["project"] = ApiHost.Project });

        Assert.Equal("model_config.script", answer.IsProblem(400).Json.GetProperty("errors")[0].GetProperty("path").GetString());
        Assert.Equal(404, (await Api.SendAsync("GET", "experiments/e")).Status);
    }

    [Fact]
    public async Task Scripts_that_are_no_zip_are_refused()
    {
        await Api.PutProjectAsync();

        (await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", "no zip"u8.ToArray(), "application/zip")).IsProblem(400);
    }

    [Fact]
    public async Task Scripts_of_a_project_that_does_not_exist_are_refused() =>
        (await Api.SendBytesAsync("PUT", "projects/nobody/scripts", ApiHost.Zip(("a", "b")), "application/zip")).IsProblem(404);

    [Fact]
    public async Task Scripts_with_too_many_entries_are_refused()
    {
        await Api.PutProjectAsync();
        byte[] archive = ApiHost.Zip([.. Enumerable.Range(0, 10_001).Select(i => ($"f{i}", string.Empty))]);

        (await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", archive, "application/zip")).IsProblem(400);
    }

    [Fact]
    public async Task Scripts_that_unpack_to_too_much_are_refused()
    {
        await Api.PutProjectAsync();
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            byte[] block = new byte[1 << 20];
            using Stream entry = zip.CreateEntry("bomb", CompressionLevel.Fastest).Open();
            for (int i = 0; i < 501; i++)
            {
                entry.Write(block);
            }
        }

        (await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", bytes.ToArray(), "application/zip")).IsProblem(400);
    }

    [Fact]
    public async Task Scripts_over_the_size_limit_are_refused()
    {
        await Api.PutProjectAsync();

        (await Api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", new byte[(50 << 20) + 1], "application/zip")).IsProblem(413);
    }

    private static string? Scripts(ApiAnswer project) => project.Json.GetProperty("scripts").GetString();
}
