using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests;

/// <summary>A service in this process for the command lines of a test.</summary>
internal static class ServedCli
{
    /// <summary>Starts a service that keeps its data in the folder <c>server</c>, and tells the command lines where it is.</summary>
    /// <param name="hpo">The command lines.</param>
    /// <param name="key">Which they show; null for an operator's.</param>
    /// <param name="settings">Further settings of the service.</param>
    public static async Task<EmbeddedHost> ServeAsync(this CliRunner hpo, string? key = null, params (string Name, string Value)[] settings)
    {
        EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            DataFolder = Path.Combine(hpo.Folder, "server"),
            HttpPort = 0,
            StopGrace = TimeSpan.Zero,
            Settings = settings.ToDictionary(setting => setting.Name, string? (setting) => setting.Value),
        });
        hpo.Set("HPO_URL", host.BaseAddress!.ToString());
        hpo.Set("HPO_KEY", key ?? host.Keys.Function);
        return host;
    }
}
