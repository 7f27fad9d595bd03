using System.CommandLine;
using System.Text.Json;
using HpoServerless.Adapters.Grid;
using HpoServerless.Engine.Errors;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The options that say where experiments are: <c>--url</c> and <c>--key</c>, or <c>--data</c>.</summary>
internal sealed class ConnectionOptions
{
    private const string UrlVariable = "HPO_URL";
    private const string KeyVariable = "HPO_KEY";
    private const string TokenVariable = "HPO_TOKEN";
    private const string AllowHttpVariable = "HPO_ALLOW_HTTP";

    private readonly Option<string?> _url = new("--url") { Description = $"Address of the service: https, or http on this machine ({AllowHttpVariable}=1 allows http elsewhere, where the net itself is safe). Default: the environment variable {UrlVariable}.", HelpName = "URL" };
    private readonly Option<string?> _key = new("--key") { Description = $"Your key. Default: the environment variable {KeyVariable}, or the content of the file that {KeyVariable}_FILE names; without one, a token of Microsoft Entra ID in {TokenVariable} or {TokenVariable}_FILE; for a server on this machine, the one in the data folder.", HelpName = "KEY" };
    private readonly Option<string> _data = DataOption.Create();

    public void AddTo(Command command)
    {
        command.Add(_url);
        command.Add(_key);
        command.Add(_data);
    }

    /// <summary>The service where one is named, otherwise the data folder. A folder that was named goes before an address in the environment.</summary>
    /// <exception cref="InvalidInputException">The address is wrong, or the key is missing.</exception>
    public IExperimentClient Open(ParseResult parsed, CliContext context)
    {
        bool isFolderNamed = parsed.GetResult(_data) is { Implicit: false };
        string? url = parsed.GetValue(_url) ?? (isFolderNamed ? null : Variable(context, UrlVariable));
        if (url is not null)
        {
            return new ServedExperiments(Connect(url, parsed, context));
        }

        string folder = DataOption.Path(parsed, _data, context);
        return Directory.Exists(folder)
            ? StoredExperiments.Open(folder, context)
            : throw new InvalidInputException(new Fault("--data", JsonSerializer.Serialize(folder), "must be a folder that exists; or name a service with --url"));
    }

    /// <summary>The service.</summary>
    /// <exception cref="InvalidInputException">The address is missing or wrong, or would show the key to the net; or the key is missing.</exception>
    public ServedExperiments OpenService(ParseResult parsed, CliContext context)
    {
        (Uri address, string key) = Service(parsed, context);
        return new(new(address, key));
    }

    /// <inheritdoc cref="OpenService"/>
    public ServiceClient Client(ParseResult parsed, CliContext context)
    {
        (Uri address, string key) = Service(parsed, context);
        return new(address, key);
    }

    /// <summary>The service's address and key.</summary>
    /// <inheritdoc cref="OpenService"/>
    public (Uri Address, string Key) Service(ParseResult parsed, CliContext context)
    {
        string url = parsed.GetValue(_url) ?? Variable(context, UrlVariable)
            ?? throw new InvalidInputException(new Fault("--url", null, $"is missing: give it, or set {UrlVariable} ('hpo serve' starts a server on this machine, 'hpo local_run' needs none)"));
        return Resolve(url, parsed, context);
    }

    private ServiceClient Connect(string url, ParseResult parsed, CliContext context)
    {
        (Uri address, string key) = Resolve(url, parsed, context);
        return new(address, key);
    }

    private (Uri Address, string Key) Resolve(string url, ParseResult parsed, CliContext context)
    {
        if (AddressRules.HasUserInfo(url))
        {
            throw new InvalidInputException(new Fault("--url", null, AddressRules.UserInfo));
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new InvalidInputException(new Fault("--url", JsonSerializer.Serialize(url), "must be an http or https address, such as http://127.0.0.1:7071"));
        }

        if (address.Scheme == "http" && !address.IsLoopback && Variable(context, AllowHttpVariable) != "1")
        {
            throw new InvalidInputException(new Fault("--url", JsonSerializer.Serialize(url), $"must begin with https://, because the key would go over the net in clear ({AllowHttpVariable}=1 allows that)"));
        }

        string folder = DataOption.Path(parsed, _data, context);
        string? key = SecretVariable.Read(context, _key.Name, parsed.GetValue(_key), KeyVariable, isSecret: true)
            ?? (SecretVariable.Read(context, TokenVariable) is { } token ? ServiceClient.TokenScheme + token : null)
            ?? (address.IsLoopback ? HostKeys.Find(folder)?.Function : null);
        return (address, key ?? throw new InvalidInputException(new Fault("--key", null, $"is missing: set {KeyVariable} or {KeyVariable}_FILE (or {TokenVariable} to a token of Microsoft Entra ID), or give it{(address.IsLoopback ? $", or give the server's data folder with --data ({folder} has no keys)" : string.Empty)}")));
    }

    private static string? Variable(CliContext context, string name) => context.Variable(name) is { Length: > 0 } value ? value : null;
}
