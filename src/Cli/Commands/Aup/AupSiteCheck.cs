using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Auptimizer;
using HpoServerless.Adapters.Executors;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Cli.Commands.Aup;

/// <summary>Reads a site as hosts do, before anything is written of it.</summary>
internal static class AupSiteCheck
{
    /// <param name="site">A site with settings.</param>
    /// <exception cref="InvalidInputException">No host could use it. Names what was wrong as env.ini and the experiment file do.</exception>
    public static void Check(AupSite site)
    {
        JsonObject sites = new() { [SiteRegistry.Section] = new JsonObject { [site.Name] = site.Settings!.DeepClone() } };
        using MemoryStream text = new(JsonSerializer.SerializeToUtf8Bytes(sites));
        try
        {
            SiteRegistry.Read(new ConfigurationBuilder().AddJsonStream(text).Build());
        }
        catch (InvalidInputException error)
        {
            string path = $"{SiteRegistry.Section}:{site.Name}:";
            throw new InvalidInputException([.. error.Faults.Select(fault => fault.Path.StartsWith(path, StringComparison.OrdinalIgnoreCase) ? fault with { Path = Told(fault.Path[path.Length..]) } : fault)]);
        }

        string Told(string key) => key.Split(':')[0] switch
        {
            "gpus" or "jobs_per_gpu" or "nodes" => $"env.ini: {site.Resource}_mapping",
            "stop_after" => "resource_args.shutdown",
            "start_timeout" => "resource_args.connection_retry",
            "n_parallel" => "n_parallel",
            _ => $"resource_args.{key}",
        };
    }
}
