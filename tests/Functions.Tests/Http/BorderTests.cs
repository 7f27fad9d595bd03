using System.Text;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Keys, limits and what nobody answers.</summary>
public sealed class BorderTests : ApiTest
{
    public static TheoryData<string, string> Addresses => new(Operation.All.Where(o => o.Role is not null).Select(o => (o.Method, o.Example)));

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task Without_the_right_key_nothing_opens(string method, string path)
    {
        (await Api.SendAsync(method, path, key: string.Empty)).IsProblem(401);
        (await Api.SendAsync(method, path, key: "wrong")).IsProblem(401);
        (await Api.SendAsync(method, $"{path}?code=wrong", key: string.Empty)).IsProblem(401);
    }

    [Fact]
    public async Task Function_key_master_key_and_code_open()
    {
        (await Api.SendAsync("GET", "experiments", key: Api.Host.Keys.Function)).Is(200);
        (await Api.SendAsync("GET", "experiments", key: Api.Host.Keys.Master)).Is(200);
        (await Api.SendAsync("GET", $"experiments?code={Api.Host.Keys.Function}", key: string.Empty)).Is(200);
    }

    [Fact]
    public async Task Next_link_does_not_repeat_the_key()
    {
        await Api.StartExperimentAsync("a");
        await Api.StartExperimentAsync("b");

        ApiAnswer page = (await Api.SendAsync("GET", $"experiments?limit=1&code={Api.Key}", key: string.Empty)).Is(200);

        Assert.DoesNotContain(Api.Key, page.Json.GetProperty("nextLink").GetString());
    }

    [Fact]
    public async Task Health_needs_no_key()
    {
        ApiAnswer answer = (await Api.SendAsync("GET", "health", key: string.Empty)).Is(200);

        Assert.Equal("ok", answer.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Unknown_address_and_method_are_problems()
    {
        (await Api.SendAsync("GET", "nowhere")).IsProblem(404);
        ApiAnswer answer = (await Api.SendAsync("PATCH", "experiments")).IsProblem(405);
        Assert.Equal(["GET", "POST"], answer.ContentHeaders.Allow.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1, 2]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"project": "\ud800"}""")]
    [InlineData("""{"\ud800": 1}""")]
    public async Task Body_that_is_no_object_is_refused(string body) => (await Api.SendTextAsync("POST", "experiments", body)).IsProblem(400);

    [Fact]
    public async Task Body_that_is_too_deep_is_refused()
    {
        string body = $$"""{"project": {{new string('[', 40)}}{{new string(']', 40)}}}""";

        (await Api.SendTextAsync("POST", "experiments", body)).IsProblem(400);
    }

    [Fact]
    public async Task Body_that_is_too_large_is_refused()
    {
        string large = $$"""{"project": "{{new string('a', 1 << 20)}}"}""";

        (await Api.SendTextAsync("POST", "experiments", large)).IsProblem(413);
        (await Api.SendTextAsync("PUT", "projects/p", large)).IsProblem(413);
    }

    [Fact]
    public async Task Body_of_another_type_is_refused() =>
        (await Api.SendTextAsync("POST", "experiments", "project=parabola", "application/x-www-form-urlencoded")).IsProblem(415);

    [Fact]
    public async Task Members_that_are_given_twice_are_refused_with_their_names()
    {
        const string Body = """{"project": "p", "project": "q", "seed": 1, "a": [{"b": 1, "b": 2}]}""";

        Assert.Equal(["project", "a[0].b"], (await Api.SendTextAsync("POST", "experiments", Body)).IsProblem(400).FaultPaths);
    }

    [Fact]
    public async Task Many_faults_below_a_long_name_are_answered_with_the_first_in_short()
    {
        string children = string.Join(',', Enumerable.Repeat("\"b\": 1", 2000));
        string body = $"{{\"{new string('a', 20_000)}\": {{{children}}}}}";

        ApiAnswer answer = (await Api.SendTextAsync("POST", "experiments", body)).IsProblem(400);

        Assert.Equal(Enumerable.Repeat($"{new string('a', 100)}….b", 50), answer.FaultPaths);
        Assert.InRange(answer.Text.Length, 0, 50_000);
    }

    [Fact]
    public async Task Body_with_a_mark_of_utf8_is_refused_and_not_a_crash() =>
        (await Api.SendBytesAsync("POST", "experiments", [.. Encoding.UTF8.Preamble, .. "{}"u8], "application/json")).IsProblem(400);
}
