using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>How iDDS is reached. Who asks is said in the same way as to PanDA, by the same variables.</summary>
public sealed record IddsConnection
{
    private const string DefaultUrl = "https://iddsserver.cern.ch:443/idds";

    /// <summary>Address of its REST service: IDDS_HOST.</summary>
    public Uri Url { get; init; } = new(DefaultUrl);

    /// <summary>Who asks, how long a request may take, and how often it is repeated.</summary>
    public PandaConnection Identity { get; init; } = new() { Retries = 2 };

    /// <summary>What the environment says.</summary>
    /// <param name="url">Address in place of that of the environment; null for that one.</param>
    /// <param name="variable">Reads a variable.</param>
    /// <exception cref="InvalidInputException">A variable is wrong; lists all that are.</exception>
    public static IddsConnection FromEnvironment(string? url, Func<string, string?> variable)
    {
        string name = url is null ? "IDDS_HOST" : "--url";
        string address = url ?? (variable("IDDS_HOST") is { Length: > 0 } given ? given : DefaultUrl);
        PandaConnection identity = PandaConnection.FromEnvironment(variable);
        return AddressRules.HasUserInfo(address)
            ? throw new InvalidInputException(new Fault(name, null, AddressRules.UserInfo))
            : Uri.TryCreate(address, UriKind.Absolute, out Uri? parsed) && (parsed.Scheme == Uri.UriSchemeHttps || (parsed.Scheme == Uri.UriSchemeHttp && parsed.IsLoopback))
            ? new() { Url = new(parsed.AbsoluteUri.TrimEnd('/')), Identity = identity with { Retries = 2 } }
            : throw new InvalidInputException(new Fault(name, address, "must be an https address such as https://host:443/idds; plain http is for this machine only"));
    }

    /// <summary>No secret is shown.</summary>
    public override string ToString() => $"{Url} ({Identity.Auth})";
}
