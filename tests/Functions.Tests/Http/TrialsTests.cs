using System.Text.Json;

namespace HpoServerless.Functions.Tests.Http;

public sealed class TrialsTests : ApiTest
{
    [Fact]
    public async Task List_is_paged_by_number()
    {
        await Api.StartExperimentAsync("e");
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        List<int> numbers = [];
        string? next = "experiments/e/trials?limit=4";
        while (next is not null)
        {
            JsonElement page = (await Api.SendAsync("GET", next)).Is(200).Json;
            numbers.AddRange(page.GetProperty("value").EnumerateArray().Select(t => t.GetProperty("trial").GetInt32()));
            next = page.TryGetProperty("nextLink", out JsonElement link) ? link.GetString() : null;
        }

        Assert.Equal(Enumerable.Range(1, 6), numbers);
    }

    [Fact]
    public async Task Get_shows_configuration_value_and_reports()
    {
        await Api.StartExperimentAsync("e");
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        JsonElement trial = (await Api.SendAsync("GET", "experiments/e/trials/3")).Is(200).Json;

        double x = trial.GetProperty("config").GetProperty("x").GetDouble();
        Assert.Equal(3, trial.GetProperty("trial").GetInt32());
        Assert.Equal("Completed", trial.GetProperty("state").GetString());
        Assert.Equal(x * x, trial.GetProperty("value").GetDouble(), 12);
        Assert.Equal(1, trial.GetProperty("segments").GetInt32());
        Assert.Equal("local", trial.GetProperty("site").GetString());
        JsonElement report = Assert.Single(trial.GetProperty("reports").EnumerateArray());
        Assert.Equal(1, report.GetProperty("step").GetInt32());
        Assert.Equal(x * x, report.GetProperty("metrics").GetProperty("loss").GetDouble(), 12);
    }

    [Fact]
    public async Task Explanation_tells_the_story_to_its_end()
    {
        await Api.StartExperimentAsync("e");
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("running").GetInt32() == 2);
        JsonElement running = (await Api.SendAsync("GET", "experiments/e/trials/1/explanation")).Is(200).Json;
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        JsonElement ended = (await Api.SendAsync("GET", "experiments/e/trials/1/explanation")).Is(200).Json;

        Assert.Equal("Running", running.GetProperty("state").GetString());
        Assert.Equal("Completed", ended.GetProperty("state").GetString());
        Assert.NotEmpty(ended.GetProperty("notes").EnumerateArray());
        Assert.Equal(ended.GetProperty("notes").GetArrayLength() + 1, ended.GetProperty("sentences").GetArrayLength());
    }

    [Theory]
    [InlineData("experiments/nobody/trials")]
    [InlineData("experiments/nobody/trials/1")]
    [InlineData("experiments/nobody/trials/1/explanation")]
    [InlineData("experiments/e/trials/99")]
    [InlineData("experiments/e/trials/0")]
    [InlineData("experiments/e/trials/-1")]
    [InlineData("experiments/e/trials/first")]
    [InlineData("experiments/e/trials/99999999999")]
    [InlineData("experiments/e/trials/99/explanation")]
    public async Task What_does_not_exist_is_not_found(string path)
    {
        await Api.StartExperimentAsync("e");

        (await Api.SendAsync("GET", path)).IsProblem(404);
    }
}
