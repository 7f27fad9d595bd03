using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>What environment variables say about users and limits holds where <c>hpo serve</c> runs.</summary>
public sealed class ServedLimitsTests : IDisposable
{
    private const string Ann = "ann-0123456789-0123456789-0123456789";
    private const string Bob = "bob-0123456789-0123456789-0123456789";

    private readonly Workplace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Keys_quotas_and_sizes_are_those_of_the_environment()
    {
        await using HpoProcess server = Serve(
            ("Hpo__Keys__ann", $"submitter:{Ann}"), ("Hpo__Keys__bob", $"submitter:{Bob}"), ("Hpo__Visibility", "own"),
            ("Hpo__Quotas__Experiments", "2"), ("Hpo__Quotas__Users__ann__Experiments", "1"), ("Hpo__MaxScriptsMiB", "1"),
            ("Hpo__Authentication", "entra"), ("Hpo__DataFolder", Path.Combine(_work.Folder, "elsewhere")));
        Uri api = new($"{await HpoServer.AddressAsync(server)}/api/");
        using HttpClient ann = Caller(api, Ann);
        using HttpClient bob = Caller(api, Bob);

        Assert.Equal(("ann", 1, "own"), await MeAsync(ann));
        Assert.Equal(("bob", 2, "own"), await MeAsync(bob));

        Assert.Equal(HttpStatusCode.Created, await PutAsync(ann, "projects/p", Json(Document())));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PutAsync(ann, "projects/p/scripts", Zip(new byte[(1 << 20) + 1])));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(ann, "projects/p/scripts", Zip(Scripts())));
        Assert.Equal(HttpStatusCode.Accepted, await PutAsync(ann, "experiments/one", Json("""{"project": "p"}""")));
        Assert.Equal(HttpStatusCode.TooManyRequests, await PutAsync(ann, "experiments/two", Json("""{"project": "p"}""")));
        Assert.Equal(HttpStatusCode.NotFound, (await bob.GetAsync("experiments/one")).StatusCode);

        using HttpClient stranger = new() { BaseAddress = api };
        stranger.DefaultRequestHeaders.Add("X-MS-CLIENT-PRINCIPAL", Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"auth_typ": "aad", "claims": []}""")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("me")).StatusCode);
        Assert.False(Directory.Exists(Path.Combine(_work.Folder, "elsewhere"))); // nobody signs in before it, and --data says where it keeps things
    }

    [Fact]
    public async Task A_limit_that_is_none_is_refused_at_the_start()
    {
        await using HpoProcess server = Serve(("Hpo__Quotas__Experiments", "many"), ("Hpo__MaxScriptsMiB", "0"));
        HpoEnd end = await server.EndAsync();

        Assert.Equal(2, end.Code);
        Assert.Contains("Hpo:Quotas:Experiments", end.Error, StringComparison.Ordinal);
        Assert.Contains("Hpo:MaxScriptsMiB", end.Error, StringComparison.Ordinal);
    }

    private byte[] Scripts()
    {
        using MemoryStream zip = new();
        ZipFile.CreateFromDirectory(Path.Combine(_work.Folder, Workplace.Project, "scripts"), zip);
        return zip.ToArray();
    }

    private HpoProcess Serve(params (string Name, string Value)[] environment) =>
        HpoProcess.Start(_work.Folder, environment, ["serve", "--port", "0", "--data", _work.Data]);

    private static HttpClient Caller(Uri api, string key) => new() { BaseAddress = api, DefaultRequestHeaders = { { "x-functions-key", key } } };

    private static async Task<(string? Name, int Experiments, string? Sees)> MeAsync(HttpClient caller)
    {
        JsonElement me = await caller.GetFromJsonAsync<JsonElement>("me");
        return (me.GetProperty("name").GetString(), me.GetProperty("quotas").GetProperty("experiments").GetInt32(), me.GetProperty("sees").GetString());
    }

    private static async Task<HttpStatusCode> PutAsync(HttpClient caller, string path, HttpContent content)
    {
        using HttpResponseMessage answer = await caller.PutAsync(path, content);
        return answer.StatusCode;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static ByteArrayContent Zip(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };

    private static string Document() => """
        {
          "model_config": {"script": "slow.py", "model": "slow"},
          "search_space": {"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}},
          "hpo_config": {"metric": "loss", "mode": "min", "num_trials": 200, "max_concurrent": 1}
        }
        """;
}
