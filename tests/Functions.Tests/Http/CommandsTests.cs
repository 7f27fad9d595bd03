using System.Text.Json;

namespace HpoServerless.Functions.Tests.Http;

public sealed class CommandsTests : ApiTest
{
    [Fact]
    public async Task Stop_ends_running_trials_and_the_experiment()
    {
        await Api.StartExperimentAsync("e");
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("running").GetInt32() == 2);

        (await Api.SendAsync("POST", "experiments/e/stop")).Is(202);

        JsonElement ended = await Api.UntilStatusAsync("e", "Stopped");
        Assert.Equal(2, ended.GetProperty("trials").GetProperty("total").GetInt32());
        Assert.Equal(2, ended.GetProperty("trials").GetProperty("stopped").GetInt32());
        Assert.NotEmpty(ended.GetProperty("reason").GetString()!);
    }

    [Fact]
    public async Task Pause_starts_nothing_new_until_resume()
    {
        await Api.StartExperimentAsync("e");
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("running").GetInt32() == 2);

        (await Api.SendAsync("POST", "experiments/e/pause")).Is(202);
        await Api.UntilStatusAsync("e", "Paused");
        Api.LetTrialsGo();
        JsonElement paused = await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("completed").GetInt32() == 2);
        (await Api.SendAsync("POST", "experiments/e/resume")).Is(202);
        JsonElement ended = await Api.UntilStatusAsync("e", "Succeeded");

        Assert.Equal(2, paused.GetProperty("trials").GetProperty("total").GetInt32());
        Assert.Equal(6, ended.GetProperty("trials").GetProperty("completed").GetInt32());
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task Ended_experiment_takes_no_commands(string command)
    {
        await Api.StartExperimentAsync("e");
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        (await Api.SendAsync("POST", $"experiments/e/{command}")).IsProblem(409);
        (await Api.SendAsync("POST", $"experiments/nobody/{command}")).IsProblem(404);
    }
}
