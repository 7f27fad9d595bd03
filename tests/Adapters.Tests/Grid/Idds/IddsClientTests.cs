using System.Globalization;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Contracts.Idds;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Grid.Idds;

public sealed class IddsClientTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private IddsDouble _idds = null!;

    public async ValueTask InitializeAsync() => _idds = await IddsDouble.StartAsync();

    public ValueTask DisposeAsync() => _idds.DisposeAsync();

    [Fact]
    public async Task Points_are_listed_with_and_without_losses()
    {
        using IddsClient client = Client();
        long request = Begin(workload: 77, 0.0, null, double.NaN, -1.5e-7);

        IddsPoint[] points = [.. await client.PointsAsync(new(null, request), Never)];

        Assert.Equal(["1", "2", "3", "4"], points.Select(point => point.Id));
        Assert.Equal([true, false, true, true], points.Select(point => point.IsEvaluated));
        Assert.Equal([0.0, null, null, -1.5e-7], points.Select(point => point.Loss));
        Assert.Equal("""{"x":1}""", points[1].Parameters.GetRawText());
        Assert.Equal($"GET /idds/hpo/null/{request}/null/null/null", _idds.Requests.Last());
        Assert.Equal(points.Length, (await client.PointsAsync(new(77, null), Never)).Length);
        Assert.Empty(await client.PointsAsync(new(78, null), Never));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-0.5)]
    [InlineData(1234567.25)]
    [InlineData(1e-300)]
    [InlineData(-1.7976931348623157e308)]
    public async Task Loss_arrives_as_it_is_whatever_the_culture(double loss)
    {
        using IddsClient client = Client();
        long request = Begin(workload: null, null, null);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = commas;
            await client.UpdateAsync(new(null, request), "2", loss, Never);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.Equal([null, loss], _idds.Searches[0].Points.Select(point => point.Loss));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task Loss_that_is_no_number_is_not_sent(double loss)
    {
        using IddsClient client = Client();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.UpdateAsync(new(null, 1), "1", loss, Never));

        Assert.Empty(_idds.Requests);
    }

    [Fact]
    public async Task Refusals_say_what_the_service_says_and_are_not_repeated()
    {
        using IddsClient client = Client();
        long request = Begin(workload: null, null, null);

        IddsException error = await Assert.ThrowsAsync<IddsException>(() => client.UpdateAsync(new(null, request), "0", 1, Never));

        Assert.Equal((500, "CoreException", RetryAdvice.Caller), (error.Status, error.Kind, error.Retry));
        Assert.Contains("list index out of range", error.Message, StringComparison.Ordinal);
        Assert.Single(_idds.Requests);
        Assert.Equal(500, (await Assert.ThrowsAsync<IddsException>(() => client.PointsAsync(new(null, null), Never))).Status);
    }

    [Fact]
    public async Task Broken_connections_and_a_busy_service_are_tried_again()
    {
        using IddsClient client = Client();
        long request = Begin(workload: null, null, null);
        _idds.Refusals.Enqueue(503);
        _idds.Refusals.Enqueue(-1);

        await client.UpdateAsync(new(null, request), "1", 2, Never);

        Assert.Equal(2, _idds.Searches[0].Points[0].Loss);
        Assert.Equal(3, _idds.Requests.Count);
    }

    [Fact]
    public async Task Service_that_stays_busy_or_away_is_an_error_that_passes()
    {
        using IddsClient client = Client();
        foreach (int status in new[] { 503, 502, 504 })
        {
            _idds.Refusals.Enqueue(status);
        }

        IddsException busy = await Assert.ThrowsAsync<IddsException>(() => client.PointsAsync(new(null, 1), Never));
        Assert.Equal((504, RetryAdvice.Backoff), (busy.Status, busy.Retry));

        await _idds.DisposeAsync();
        IddsException away = await Assert.ThrowsAsync<IddsException>(() => client.PointsAsync(new(null, 1), Never));
        Assert.Equal((0, RetryAdvice.Backoff), (away.Status, away.Retry));
        await InitializeAsync();
    }

    [Fact]
    public async Task Search_is_begun_once()
    {
        using IddsClient client = Client();

        long request = await client.SubmitAsync(Request(), Never);
        Assert.Equal(request, Assert.Single(_idds.Searches).Request);

        _idds.Refusals.Enqueue(503);
        await Assert.ThrowsAsync<IddsException>(() => client.SubmitAsync(Request(), Never));
        Assert.Single(_idds.Searches);

        JsonObject wrong = Request();
        wrong["request_type"] = "HyperParameterOpt";
        Assert.Equal(500, (await Assert.ThrowsAsync<IddsException>(() => client.SubmitAsync(wrong, Never))).Status);
    }

    [Fact]
    public async Task Token_is_shown_and_never_told()
    {
        const string Token = "e30.c2VjcmV0LXRva2Vu.c2ln";
        _idds.Tokens.Add(Token);
        long request = Begin(workload: null, 1.0);
        PandaConnection identity = Identity() with { Auth = PandaAuth.Oidc, Vo = "atlas", IdToken = Token };

        using IddsClient client = new(new() { Url = _idds.Url, Identity = identity });
        Assert.Single(await client.PointsAsync(new(null, request), Never));

        using IddsClient other = new(new() { Url = _idds.Url, Identity = identity with { IdToken = Token + "x" } });
        IddsException error = await Assert.ThrowsAsync<IddsException>(() => other.PointsAsync(new(null, request), Never));
        Assert.Equal(401, error.Status);
        Assert.DoesNotContain(Token, error.ToString(), StringComparison.Ordinal);

        using IddsClient nobody = Client();
        Assert.Equal(401, (await Assert.ThrowsAsync<IddsException>(() => nobody.PointsAsync(new(null, request), Never))).Status);
    }

    [Theory]
    [InlineData("http://idds.example/idds", false)]
    [InlineData("idds.example", false)]
    [InlineData("https://idds.example:443/idds/", true)]
    [InlineData("http://127.0.0.1:8080/idds", true)]
    public void Address_is_https_unless_it_is_this_machine(string url, bool isTaken)
    {
        InvalidInputException? error = Record.Exception(() => IddsConnection.FromEnvironment(url, _ => null)) as InvalidInputException;

        Assert.Equal(isTaken, error is null);
        Assert.Equal(isTaken ? null : "--url", error?.Faults[0].Path);
    }

    private static PandaConnection Identity() => new() { Retries = 2, FirstPause = TimeSpan.FromMilliseconds(1) };

    private static JsonObject Request() => new()
    {
        ["requester"] = "hpo",
        ["request_type"] = 4,
        ["transform_tag"] = "hpo",
        ["status"] = 0,
        ["request_metadata"] = new JsonObject { ["executable"] = "docker", ["arguments"] = "run", ["opt_space"] = new JsonObject() },
    };

    private IddsClient Client() => new(new() { Url = _idds.Url, Identity = Identity() });

    private long Begin(long? workload, params double?[] losses)
    {
        long request = _idds.Begin(new() { ["workload_id"] = workload });
        foreach ((int i, double? loss) in losses.Index())
        {
            _idds.Searches[^1].Add(new() { ["x"] = i }, loss);
        }

        return request;
    }
}
