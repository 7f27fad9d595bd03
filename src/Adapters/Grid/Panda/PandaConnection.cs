using System.Globalization;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>How PanDA is reached and who asks. What is not said is read from the environment, by the names that PanDA's own client knows.</summary>
public sealed record PandaConnection
{
    private const string DefaultApi = "https://pandaserver.cern.ch:25443/api/v1";
    private const string DefaultCache = "https://pandacache.cern.ch/api/v1";

    /// <summary>Address of the API: PANDA_API_URL_SSL, else that of the host of PANDA_URL_SSL.</summary>
    public Uri Api { get; init; } = new(DefaultApi);

    /// <summary>Address of the API of the server that keeps sandboxes: that of the host of PANDACACHE_URL.</summary>
    public Uri Cache { get; init; } = new(DefaultCache);

    /// <summary>How requests say who asks: PANDA_AUTH, which is oidc, x509 or x509_no_grid.</summary>
    public PandaAuth Auth { get; init; }

    /// <summary>The virtual organisation, with a role where one is wanted (<c>vo:role</c>): PANDA_AUTH_VO or OIDC_AUTH_VO.</summary>
    public string? Vo { get; init; }

    /// <summary>An ID token: PANDA_AUTH_ID_TOKEN or OIDC_AUTH_ID_TOKEN.</summary>
    /// <value>Null: it is read from <see cref="TokenFile"/>, or kept in <see cref="ConfigFolder"/>.</value>
    public string? IdToken { get; init; }

    /// <summary>File with an ID token, read anew for every request: OIDC_AUTH_TOKEN_FILE.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Folder with the file <c>.token</c>, which holds an ID token and what refreshes it: PANDA_CONFIG_ROOT.</summary>
    public string ConfigFolder { get; init; } = ".";

    /// <summary>File with the proxy's certificate, its key and its chain: X509_USER_PROXY.</summary>
    public string Proxy { get; init; } = DefaultProxy;

    /// <summary>Folder with certificates of authorities that are trusted besides those of the system: X509_CERT_DIR.</summary>
    public string AuthorityFolder { get; init; } = "/etc/grid-security/certificates";

    /// <summary>Whether the server must prove who it is; not with PANDA_VERIFY_HOST=off.</summary>
    public bool VerifyHost { get; init; } = true;

    /// <summary>How long one request may take.</summary>
    /// <value>10 minutes, as PanDA's own client grants.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a request is repeated after 408, 429, 502, 503, 504 or a broken connection.</summary>
    /// <value>5</value>
    public int Retries { get; init; } = 5;

    /// <summary>Pause before the first repetition; it doubles from one to the next, with jitter.</summary>
    /// <value>1 s</value>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between repetitions.</summary>
    /// <value>30 s</value>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What carries the requests; null for one that follows the other options.</summary>
    public HttpMessageHandler? Handler { get; init; }

    private static string DefaultProxy => string.Create(CultureInfo.InvariantCulture, $"/tmp/x509up_u{UserId()}");

    /// <summary>What the environment says.</summary>
    /// <param name="variable">Reads a variable.</param>
    /// <exception cref="InvalidInputException">A variable is wrong; lists all that are.</exception>
    public static PandaConnection FromEnvironment(Func<string, string?> variable)
    {
        List<Fault> faults = [];
        PandaConnection defaults = new();
        string? Known(string name) => variable(name) is { Length: > 0 } text ? text : null;
        PandaConnection connection = defaults with
        {
            Api = Address("PANDA_API_URL_SSL", Known("PANDA_API_URL_SSL"), whole: true, faults) ?? Address("PANDA_URL_SSL", Known("PANDA_URL_SSL"), whole: false, faults) ?? defaults.Api,
            Cache = Address("PANDACACHE_URL", Known("PANDACACHE_URL"), whole: false, faults) ?? defaults.Cache,
            Auth = AuthOf(Known("PANDA_AUTH"), faults),
            Vo = Known("PANDA_AUTH_VO") ?? Known("OIDC_AUTH_VO"),
            IdToken = Known("PANDA_AUTH_ID_TOKEN") ?? (Known("OIDC_AUTH_TOKEN_FILE") is null ? Known("OIDC_AUTH_ID_TOKEN") : null),
            TokenFile = Known("OIDC_AUTH_TOKEN_FILE"),
            ConfigFolder = Known("PANDA_CONFIG_ROOT") ?? defaults.ConfigFolder,
            Proxy = Known("X509_USER_PROXY") ?? defaults.Proxy,
            AuthorityFolder = Known("X509_CERT_DIR") ?? defaults.AuthorityFolder,
            VerifyHost = Known("PANDA_VERIFY_HOST") != "off",
        };
        if (connection.Auth == PandaAuth.Oidc && connection.Vo is null)
        {
            faults.Add(new("PANDA_AUTH_VO", null, "is missing: with PANDA_AUTH=oidc it names the virtual organisation"));
        }

        return faults.Count == 0 ? connection : throw new InvalidInputException([.. faults]);
    }

    /// <summary>Address of the page that says how to sign in to a virtual organisation.</summary>
    internal Uri SignInPage => new(Api, $"/auth/{Vo?.Replace(':', '.')}_auth_config.json");

    /// <summary>Where the kept token lies.</summary>
    internal string KeptToken => Path.Combine(
        ConfigFolder.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ConfigFolder[2..]) : ConfigFolder,
        ".token");

    /// <summary>No secret is shown.</summary>
    public override string ToString() => $"{Api} ({Auth})";

    private static PandaAuth AuthOf(string? text, List<Fault> faults)
    {
        if (text is not (null or "oidc" or "x509" or "x509_no_grid"))
        {
            faults.Add(new("PANDA_AUTH", $"\"{text}\"", "must be oidc, x509 or x509_no_grid"));
        }

        return text == "oidc" ? PandaAuth.Oidc : PandaAuth.X509;
    }

    private static Uri? Address(string name, string? text, bool whole, List<Fault> faults)
    {
        if (text is null)
        {
            return null;
        }

        if (AddressRules.HasUserInfo(text))
        {
            faults.Add(new(name, null, AddressRules.UserInfo));
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttps)
        {
            faults.Add(new(name, text, "must be an https address: PanDA takes no other"));
            return null;
        }

        return new(whole ? address.AbsoluteUri.TrimEnd('/') : $"{address.GetLeftPart(UriPartial.Authority)}/api/v1");
    }

    private static string UserId()
    {
        const string Uid = "Uid:";
        try
        {
            string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Uid, StringComparison.Ordinal));
            return line[Uid.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries)[0].Trim();
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return "0";
        }
    }
}
