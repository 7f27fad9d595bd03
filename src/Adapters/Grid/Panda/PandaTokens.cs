using System.Globalization;
using System.Text.Json;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>Has an ID token at hand: one that was given, one in a file, or the kept one, which is refreshed before it expires.</summary>
/// <remarks>The kept token is shared with PanDA's own client: the same file, the same content. Signing in anew needs a person: it happens only where somebody can be told.</remarks>
internal sealed class PandaTokens(PandaConnection connection, HttpClient http, TimeProvider time, Action<string>? tell) : IDisposable
{
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
    private const string Who = "the sign-in server";

    private static readonly TimeSpan Spare = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _one = new(1);
    private string? _known;

    /// <summary>Whether asking again may give another token.</summary>
    public bool CanRenew => connection.IdToken is null;

    /// <summary>The token to show.</summary>
    /// <param name="refused">One that the server refused: it is not given again where there is another.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PandaException">There is none and nobody to ask, or the sign-in server refuses or does not answer.</exception>
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
    internal static DateTimeOffset ExpiresAt(string token) => Claims(token) is { } claims && claims.TryGetProperty("exp", out JsonElement end) && end.TryGetDouble(out double seconds)
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
            throw new PandaException(0, null, "anything", $"there is no token: {connection.KeptToken} has none that is valid; sign in once with 'hpo tasks show', or set OIDC_AUTH_TOKEN_FILE");
        }

        using JsonDocument client = await PageAsync(connection.SignInPage, cancellation);
        using JsonDocument provider = await PageAsync(new(Text(client, "oidc_config_url")), cancellation);
        if (refresh is not null)
        {
            (int status, string answer) = await PostAsync(
                new(Text(provider, "token_endpoint")),
                [("client_id", Text(client, "client_id")), ("client_secret", TextOrNull(client, "client_secret")), ("grant_type", "refresh_token"), ("refresh_token", refresh)],
                cancellation);
            if (status == 200)
            {
                return Keep(answer, refresh);
            }

            if (tell is null)
            {
                throw new PandaException(status, null, "a new token", $"{Who} does not refresh the kept one ({ErrorOf(answer)}); sign in again with 'hpo tasks show'");
            }
        }

        return await SignInAsync(client, provider, cancellation);
    }

    private async Task<string> SignInAsync(JsonDocument client, JsonDocument provider, CancellationToken cancellation)
    {
        string scopes = "openid profile email offline_access" + (TextOrNull(client, "jwt_profile") == "wlcg" ? " wlcg wlcg.groups" : string.Empty);
        (int status, string answer) = await PostAsync(
            new(Text(provider, "device_authorization_endpoint")),
            [("client_id", Text(client, "client_id")), ("scope", scopes), ("audience", TextOrNull(client, "audience"))],
            cancellation);
        if (status != 200)
        {
            throw new PandaException(status, null, "a code to sign in with", ErrorOf(answer));
        }

        using JsonDocument device = JsonDocument.Parse(answer);
        tell!($"Go to {TextOrNull(device, "verification_uri_complete") ?? Text(device, "verification_uri")} and sign in. Waiting until that is done.");
        TimeSpan interval = Seconds(device, "interval") ?? DefaultInterval;
        DateTimeOffset deadline = time.GetUtcNow() + (Seconds(device, "expires_in") ?? TimeSpan.FromMinutes(10));
        while (time.GetUtcNow() < deadline)
        {
            await Task.Delay(interval, time, cancellation);
            (status, answer) = await PostAsync(
                new(Text(provider, "token_endpoint")),
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
            interval += error == "slow_down" ? DefaultInterval : TimeSpan.Zero;
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
        Dictionary<string, JsonElement> fields = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(answer) ?? [];
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
                ? JsonDocument.Parse(text)
                : throw new PandaException((int)answer.StatusCode, null, $"GET {address.AbsolutePath}", "it says how to sign in; is PANDA_AUTH_VO right?");
        }
        catch (Exception error) when (error is HttpRequestException or JsonException)
        {
            throw new PandaException(0, null, $"GET {address.AbsolutePath}", error.Message, error);
        }
    }

    private async Task<(int Status, string Text)> PostAsync(Uri address, (string Name, string? Value)[] fields, CancellationToken cancellation)
    {
        if (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback)
        {
            throw new PandaException(0, null, "a token", $"{Who} has no https address");
        }

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

    private static TimeSpan? Seconds(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out JsonElement value) && value.TryGetDouble(out double seconds) ? TimeSpan.FromSeconds(seconds) : null;
}
