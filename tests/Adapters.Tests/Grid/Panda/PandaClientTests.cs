using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Contracts.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Grid.Panda;

/// <summary>The client of PanDA against the strict double of a server.</summary>
public sealed class PandaClientTests : IAsyncLifetime
{
    private PandaDouble? _grid;

    private PandaDouble Grid => _grid!;

    public async ValueTask InitializeAsync() => _grid = await PandaDouble.StartAsync();

    public ValueTask DisposeAsync() => Grid.DisposeAsync();

    [Fact]
    public async Task A_task_is_submitted_found_and_killed()
    {
        using PandaClient client = Client();
        PandaSubmission sent = await client.SubmitAsync(Parameters("user.alice.one/"), default);
        Assert.Equal((true, Grid.Tasks[0].Id), (sent.IsNew, sent.Task));
        Assert.Equal("registered", await client.FindStatusAsync(sent.Task, default));
        Assert.Null(await client.FindStatusAsync(1, default));

        PandaTask listed = PandaTask.Read(Assert.Single(await client.ListAsync(TimeProvider.System.GetUtcNow().AddMinutes(-1), null, 500, default)))!;
        Assert.Equal((sent.Task, "user.alice.one/", false), (listed.Id, listed.Name, listed.IsFinal));
        Assert.InRange(listed.ModifiedAt!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow().AddMinutes(1));
        Assert.Empty(await client.ListAsync(null, new Dictionary<string, string> { ["taskName"] = "user.bob" }, 500, default));
        Assert.Single(await client.ListAsync(null, new Dictionary<string, string> { ["taskName"] = "^user\\.alice" }, 500, default));

        Assert.True(await client.KillAsync(sent.Task, default));
        Assert.False(await client.KillAsync(sent.Task, default));
    }

    [Fact]
    public async Task A_unique_name_is_submitted_once()
    {
        using PandaClient client = Client();
        PandaSubmission first = await client.SubmitAsync(Parameters("same/"), default);
        Assert.Equal(new(first.Task, IsNew: false), await client.SubmitAsync(Parameters("same/"), default));
        Grid.Put(first.Task, "running");
        Assert.Equal(new(first.Task, IsNew: false), await client.SubmitAsync(Parameters("same/"), default));
        Grid.Put(first.Task, "done");
        Assert.Equal(new(first.Task, IsNew: true), await client.SubmitAsync(Parameters("same/"), default));
        Assert.Single(Grid.Tasks);
    }

    [Fact]
    public async Task A_large_task_goes_packed()
    {
        using PandaClient client = Client();
        JsonObject parameters = Parameters("large/");
        parameters["cliParams"] = new string('x', 100_000);
        await client.SubmitAsync(parameters, default);
        Assert.Equal(100_000, ((string)Grid.Tasks[0].Parameters["cliParams"]!).Length);
    }

    [Fact]
    public async Task Metadata_comes_by_job()
    {
        using PandaClient client = Client();
        long task = (await client.SubmitAsync(Parameters("one/"), default)).Task;
        Assert.Empty(await client.MetadataAsync(task, default));
        long job = Grid.AddMetadata(task, new JsonObject { ["loss"] = 1.5 });
        Assert.Equal([job], await client.JobsAsync(task, default));
        KeyValuePair<long, JsonElement> only = Assert.Single(await client.MetadataAsync(task, default));
        Assert.Equal((job, 1.5), (only.Key, only.Value.GetProperty("loss").GetDouble()));
    }

    [Fact]
    public async Task What_the_server_says_in_an_answer_of_200_is_an_error()
    {
        using PandaClient client = Client();
        PandaException unknown = await Assert.ThrowsAsync<PandaException>(() => client.KillAsync(77, default));
        Assert.Equal((200, 2, RetryAdvice.Caller), (unknown.Status, unknown.Code, unknown.Retry));
        long task = (await client.SubmitAsync(Parameters("one/"), default)).Task;
        PandaException role = await Assert.ThrowsAsync<PandaException>(() => client.PauseAsync(task, default));
        Assert.Contains("production", role.Message, StringComparison.Ordinal);
        Grid.ProductionRole = true;
        Assert.True(await client.PauseAsync(task, default));
        Grid.ProductionRole = false;
        Grid.User = "Bob Example";
        Assert.Contains("owner", (await Assert.ThrowsAsync<PandaException>(() => client.KillAsync(task, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_and_a_broken_one_is_not()
    {
        using PandaClient client = Client();
        Grid.Refusals.Enqueue((503, "busy"));
        Grid.Refusals.Enqueue((503, "busy"));
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        Assert.Equal(3, Grid.Requests.Count);

        Grid.Refusals.Enqueue((500, "ORA-00001\nsecond line"));
        PandaException broken = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal((500, RetryAdvice.Backoff), (broken.Status, broken.Retry));
        Assert.DoesNotContain("second", broken.Message, StringComparison.Ordinal);

        Grid.Refusals.Enqueue((403, "ERROR : Alice is banned"));
        PandaException banned = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal((403, RetryAdvice.Caller), (banned.Status, banned.Retry));

        Enumerable.Range(0, 9).ToList().ForEach(_ => Grid.Refusals.Enqueue((503, "busy")));
        Assert.Equal(503, (await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default))).Status);
    }

    [Fact]
    public async Task A_server_that_is_away_is_an_outage()
    {
        using PandaClient client = new(Grid.Connection() with { Api = new("https://localhost:1/api/v1"), Retries = 1 });
        PandaException error = await Assert.ThrowsAsync<PandaException>(() => client.FindStatusAsync(1, default));
        Assert.Equal((0, RetryAdvice.Backoff), (error.Status, error.Retry));
    }

    [Fact]
    public async Task A_sandbox_is_uploaded_once_and_found_again()
    {
        using PandaClient client = Client();
        PandaSandbox sandbox = PandaSandbox.Pack([("b.txt", "two"u8.ToArray(), false), ("a.sh", "one"u8.ToArray(), true)]);
        Assert.Equal(sandbox.Content.ToArray(), PandaSandbox.Pack([("a.sh", "one"u8.ToArray(), true), ("b.txt", "two"u8.ToArray(), false)]).Content.ToArray());
        PandaSandboxPlace place = await client.UploadAsync(sandbox, default);
        Assert.Equal((Grid.Api.GetLeftPart(UriPartial.Authority), sandbox.Name), (place.Server, place.Name));
        Assert.Equal(place, await client.UploadAsync(sandbox, default));
        Assert.Equal(1, Grid.Uploads);
    }

    [Fact]
    public async Task A_sandbox_that_is_too_large_is_refused_before_it_is_sent()
    {
        using PandaClient client = Client();
        PandaSandbox sandbox = PandaSandbox.Pack([("noise", RandomNumberGenerator.GetBytes(11 << 20), false)]);
        InvalidInputException error = await Assert.ThrowsAsync<InvalidInputException>(() => client.UploadAsync(sandbox, default));
        Assert.Equal("scripts", error.Faults[0].Path);
        Assert.Empty(Grid.Requests);
    }

    [Theory]
    [InlineData("task/kill", """{"task_id":"77"}""", "Type error")]
    [InlineData("task/kill", """{"jediTaskID":77}""", "Argument error")]
    [InlineData("task/kill", "{}", "Argument error")]
    [InlineData("task/submit", """{"task_parameters":"text"}""", "Type error")]
    public async Task The_double_refuses_what_the_server_refuses(string path, string body, string says)
    {
        using HttpClient http = new(Grid.CreateHandler());
        using StringContent content = new(body, Encoding.UTF8);
        content.Headers.ContentType = new("application/json");
        using HttpResponseMessage answer = await http.PostAsync(new Uri($"{Grid.Api}/{path}"), content, TestContext.Current.CancellationToken);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static JsonObject Parameters(string name) => new() { ["taskName"] = name, ["uniqueTaskName"] = true };

    private PandaClient Client() => new(Grid.Connection());
}
