using System.Globalization;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>Has an ID token at hand: one that was given, one in a file, or the kept one, which is refreshed before it expires.</summary>
/// <remarks>The kept token is shared with PanDA's own client: the same file, the same content. Signing in anew needs a person: it happens only where somebody can be told.</remarks>
internal sealed class PandaTokens(PandaConnection connection, HttpClient http, TimeProvider time, Action<string>? tell) : IDisposable
{
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
    private const string Who = "the sign-in server";

    private static readonly TimeSpan Spare = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _one = new(1);
    private string? _known;

    /// <summary>Whether asking again may give another token.</summary>
    public bool CanRenew => connection.IdToken is null;

    /// <summary>The token to show.</summary>
    /// <param name="refused">One that the server refused: it is not given again where there is another.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PandaException">There is none and nobody to ask, or the sign-in server refuses or does not answer.</exception>
    /// <exception cref="InvalidInputException">The organisation's page does not lead to a sign-in server.</exception>
    public async Task<string> TokenAsync(string? refused, CancellationToken cancellation)
    {
        if (connection.IdToken is { } given)
        {
            return given.Trim();
        }

        if (connection.TokenFile is { } file)
        {
            try
            {
                return (await File.ReadAllTextAsync(file, cancellation)).Trim();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new PandaException(0, null, "anything", $"the token file {file} cannot be read");
            }
        }

        await _one.WaitAsync(cancellation);
        try
        {
            if (_known is { } known && known != refused && ExpiresAt(known) > time.GetUtcNow() + Spare)
            {
                return known;
            }

            return _known = await KeptOrNewAsync(refused, cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>When a token expires; the beginning of time where it does not say.</summary>
    internal static DateTimeOffset ExpiresAt(string token) => Claims(token) is { } claims && claims.TryGetProperty("exp", out JsonElement end)
        && end.ValueKind == JsonValueKind.Number && end.TryGetDouble(out double seconds) && seconds is > 0 and < 1e11
        ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
        : DateTimeOffset.MinValue;

    /// <summary>A text that a token says; null where it does not.</summary>
    internal static string? ClaimOf(string token, string name) =>
        Claims(token) is { } claims && claims.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement? Claims(string token)
    {
        try
        {
            string part = token.Split('.')[1].Replace('-', '+').Replace('_', '/');
            JsonElement claims = JsonSerializer.Deserialize<JsonElement>(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '=')));
            return claims.ValueKind == JsonValueKind.Object ? claims : null;
        }
        catch (Exception error) when (error is FormatException or JsonException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private async Task<string> KeptOrNewAsync(string? refused, CancellationToken cancellation)
    {
        (string? kept, string? refresh) = ReadKept();
        if (kept is not null && kept != refused && ExpiresAt(kept) > time.GetUtcNow() + Spare)
        {
            return kept;
        }

        if (refresh is null && tell is null)
        {
            throw new PandaException(0, null, "anything", $"there is no token: {connection.KeptToken} has none that is valid; sign in once at a terminal with 'hpo tasks show --server', or set OIDC_AUTH_TOKEN_FILE");
        }

        using JsonDocument client = await PageAsync(connection.SignInPage, cancellation);
        using JsonDocument provider = await PageAsync(ConfigurationOf(client), cancellation);
        if (refresh is not null)
        {
            (int status, string answer) = await PostAsync(
                Endpoint(provider, "token_endpoint"),
                [("client_id", Text(client, "client_id")), ("client_secret", TextOrNull(client, "client_secret")), ("grant_type", "refresh_token"), ("refresh_token", refresh)],
                cancellation);
            if (status == 200)
            {
                return Keep(answer, refresh);
            }

            if (tell is null)
            {
                throw new PandaException(status, null, "a new token", $"{Who} does not refresh the kept one ({ErrorOf(answer)}); sign in again at a terminal with 'hpo tasks show --server'");
            }
        }

        return await SignInAsync(client, provider, cancellation);
    }

    private async Task<string> SignInAsync(JsonDocument client, JsonDocument provider, CancellationToken cancellation)
    {
        string scopes = "openid profile email offline_access" + (TextOrNull(client, "jwt_profile") == "wlcg" ? " wlcg wlcg.groups" : string.Empty);
        (int status, string answer) = await PostAsync(
            Endpoint(provider, "device_authorization_endpoint"),
            [("client_id", Text(client, "client_id")), ("scope", scopes), ("audience", TextOrNull(client, "audience"))],
            cancellation);
        if (status != 200)
        {
            throw new PandaException(status, null, "a code to sign in with", ErrorOf(answer));
        }

        using JsonDocument device = Parse(answer, "a code to sign in with");
        tell!($"Go to {TextOrNull(device, "verification_uri_complete") ?? Text(device, "verification_uri")} and sign in. Waiting until that is done.");
        TimeSpan interval = Seconds(device, "interval", ShortestInterval, LongestInterval) ?? DefaultInterval;
        DateTimeOffset deadline = time.GetUtcNow() + (Seconds(device, "expires_in", ShortestInterval, LongestWait) ?? TimeSpan.FromMinutes(10));
        while (time.GetUtcNow() < deadline)
        {
            await Task.Delay(interval, time, cancellation);
            (status, answer) = await PostAsync(
                Endpoint(provider, "token_endpoint"),
                [
                    ("client_id", Text(client, "client_id")),
                    ("client_secret", TextOrNull(client, "client_secret")),
                    ("grant_type", DeviceGrant),
                    ("device_code", Text(device, "device_code")),
                ],
                cancellation);
            if (status == 200)
            {
                return Keep(answer, null);
            }

            string error = ErrorOf(answer);
            interval = error == "slow_down" && interval + DefaultInterval < LongestInterval ? interval + DefaultInterval : interval;
            if (error is not ("authorization_pending" or "slow_down"))
            {
                throw new PandaException(status, null, "a token", error);
            }
        }

        throw new PandaException(0, null, "a token", "nobody signed in in time");
    }

    private (string? Token, string? Refresh) ReadKept()
    {
        try
        {
            using JsonDocument kept = JsonDocument.Parse(File.ReadAllText(connection.KeptToken));
            return (TextOrNull(kept, "id_token"), TextOrNull(kept, "refresh_token"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return (null, null);
        }
    }

    /// <summary>Keeps what the provider gave, for the owner alone.</summary>
    private string Keep(string answer, string? oldRefresh)
    {
        using JsonDocument document = Parse(answer, "a token");
        Dictionary<string, JsonElement> fields = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.EnumerateObject().DistinctBy(field => field.Name).ToDictionary(field => field.Name, field => field.Value) : [];
        if (!fields.TryGetValue("id_token", out JsonElement token) || token.ValueKind != JsonValueKind.String)
        {
            throw new PandaException(200, null, "a token", $"{Who} gave none");
        }

        if (oldRefresh is not null && !fields.ContainsKey("refresh_token"))
        {
            fields["refresh_token"] = JsonSerializer.SerializeToElement(oldRefresh);
        }

        string path = connection.KeptToken;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string part = $"{path}.{Environment.ProcessId}.part";
        FileStreamOptions mine = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            mine.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream file = new(part, mine))
        {
            JsonSerializer.Serialize(file, fields);
        }

        File.Move(part, path, overwrite: true);
        return token.GetString()!;
    }

    private async Task<JsonDocument> PageAsync(Uri address, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(address, cancellation);
            string text = await answer.Content.ReadAsStringAsync(cancellation);
            return answer.IsSuccessStatusCode
                ? Parse(text, $"GET {address.AbsolutePath}")
                : throw new PandaException((int)answer.StatusCode, null, $"GET {address.AbsolutePath}", "it says how to sign in; is PANDA_AUTH_VO right?");
        }
        catch (HttpRequestException error)
        {
            throw new PandaException(0, null, $"GET {address.AbsolutePath}", error.Message, error);
        }
    }

    private async Task<(int Status, string Text)> PostAsync(Uri address, (string Name, string? Value)[] fields, CancellationToken cancellation)
    {
        using FormUrlEncodedContent body = new(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value!)));
        try
        {
            using HttpResponseMessage answer = await http.PostAsync(address, body, cancellation);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException error)
        {
            throw new PandaException(0, null, $"POST {address.AbsolutePath}", error.Message, error);
        }
    }

    /// <summary>Where the organisation's page says that its sign-in server describes itself.</summary>
    private Uri ConfigurationOf(JsonDocument client)
    {
        const string Name = "oidc_config_url";
        string text = Text(client, Name);
        return Address(text) ?? throw new InvalidInputException(
            new Fault("PANDA_AUTH_VO", JsonSerializer.Serialize(connection.Vo), $"must be an organisation with a sign-in server: {Name} of {connection.SignInPage} must be an https address, is {JsonSerializer.Serialize(text)}"));
    }

    private static Uri Endpoint(JsonDocument provider, string name) =>
        Address(Text(provider, name)) ?? throw new PandaException(200, null, "signing in", $"{Who} gives no https address as its {name}");

    private static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)) ? address : null;

    private static JsonDocument Parse(string answer, string what)
    {
        try
        {
            return JsonDocument.Parse(answer);
        }
        catch (JsonException)
        {
            throw new PandaException(200, null, what, $"{Who} did not answer with JSON");
        }
    }

    /// <summary>The error's own word; nothing else of the answer, which may hold secrets.</summary>
    private static string ErrorOf(string answer)
    {
        try
        {
            using JsonDocument problem = JsonDocument.Parse(answer);
            return TextOrNull(problem, "error") ?? "no reason is known";
        }
        catch (JsonException)
        {
            return "no reason is known";
        }
    }

    private static string Text(JsonDocument document, string name) =>
        TextOrNull(document, name) ?? throw new PandaException(200, null, "signing in", string.Create(CultureInfo.InvariantCulture, $"{Who} does not say its {name}"));

    private static string? TextOrNull(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static TimeSpan? Seconds(JsonDocument document, string name, TimeSpan least, TimeSpan most) =>
        document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, least.TotalSeconds, most.TotalSeconds))
            : null;
}
