using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>What a storage connection string says of tables.</summary>
internal static class ConnectionString
{
    // The emulator's account and key, the same for everybody.
    private const string EmulatorAccount = "devstoreaccount1";
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <exception cref="FormatException">A setting is malformed, or one that is needed is missing.</exception>
    public static (Uri Endpoint, HttpPipelinePolicy Authentication) Read(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        Dictionary<string, string> settings = Split(connectionString);
        if (settings.TryGetValue("UseDevelopmentStorage", out string flag) && flag.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            return (new Uri($"http://127.0.0.1:10002/{EmulatorAccount}"), Key(EmulatorAccount, EmulatorKey));
        }

        settings.TryGetValue("AccountName", out string account);
        HttpPipelinePolicy authentication =
            settings.TryGetValue("SharedAccessSignature", out string signature) ? new SasPolicy(new AzureSasCredential(signature))
            : account is not null && settings.TryGetValue("AccountKey", out string key) ? Key(account, key)
            : throw new FormatException("The connection string has neither AccountName and AccountKey nor SharedAccessSignature.");
        return (Endpoint(settings, account), authentication);
    }

    private static Uri Endpoint(Dictionary<string, string> settings, string account)
    {
        if (settings.TryGetValue("TableEndpoint", out string endpoint))
        {
            return new Uri(endpoint);
        }

        string suffix = settings.GetValueOrDefault("EndpointSuffix", "core.windows.net");
        string scheme = settings.GetValueOrDefault("DefaultEndpointsProtocol", "https");
        return account is null
            ? throw new FormatException("The connection string has neither AccountName nor TableEndpoint.")
            : new Uri($"{scheme}://{account}.table.{suffix}");
    }

    private static SharedKeyPolicy Key(string account, string key) => new(new TableSharedKeyCredential(account, key));

    private static Dictionary<string, string> Split(string connectionString)
    {
        Dictionary<string, string> settings = new(StringComparer.OrdinalIgnoreCase);
        foreach (string part in connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new FormatException("Settings of a connection string must be of the form \"name=value\".");
            }

            settings[part[..equals]] = part[(equals + 1)..];
        }

        return settings;
    }
}
