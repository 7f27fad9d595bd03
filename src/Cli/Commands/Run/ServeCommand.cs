using System.CommandLine;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Telemetry;
using HpoServerless.LocalHost;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>The command <c>serve</c>: the service on this machine.</summary>
internal static class ServeCommand
{
    private const int DefaultPort = 7071;
    private const string StorageVariable = "HPO_STORAGE";

    public static IEnumerable<Command> Create(CliContext context)
    {
        Option<int> port = new("--port") { Description = "Port on this machine's loopback address; 0 takes a free one.", HelpName = "PORT", DefaultValueFactory = static _ => DefaultPort };
        Option<string?> storage = new("--storage") { Description = $"Connection string of a storage account for experiments and queues, or UseDevelopmentStorage=true. Default: the environment variable {StorageVariable}, or the content of the file that {StorageVariable}_FILE names, which is where strings with keys belong, because all users of the machine can read command lines; without any, journals in the data folder.", HelpName = "CONNECTION" };
        Option<Uri?> publicUrl = new("--public-url") { Description = "Where trials on other machines reach this service, through a proxy or a tunnel. Default: the address at which it listens.", HelpName = "URL" };
        Option<string> data = DataOption.Create();
        CliCommand command = new(
            "serve",
            "Serve the HTTP API on this machine and run what is started there, until Ctrl-C or SIGTERM. Where OTEL_EXPORTER_OTLP_ENDPOINT names a collector of OpenTelemetry, spans, metrics and logs go there. Exit codes: 0 ended by Ctrl-C or SIGTERM, 2 invalid input or the data folder is in use, 3 the port is taken or the storage does not answer.",
            "hpo serve",
            "hpo serve --port 0 --data /srv/hpo",
            "hpo serve --storage UseDevelopmentStorage=true",
            "HPO_STORAGE_FILE=~/.hpo-storage hpo serve")
        {
            port,
            storage,
            publicUrl,
            data,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(port) is var wanted and (< 0 or > ushort.MaxValue))
            {
                throw new InvalidInputException(new Fault(port.Name, $"{wanted}", $"must be from 0 to {ushort.MaxValue}"));
            }

            string folder = DataOption.Path(parsed, data, context);
            string? given = parsed.GetValue(storage);
            bool hasKey = given is not null && (given.Contains("AccountKey=", StringComparison.OrdinalIgnoreCase) || given.Contains("SharedAccessSignature=", StringComparison.OrdinalIgnoreCase));
            string? connection = SecretVariable.Read(context, storage.Name, given, StorageVariable, hasKey);
            using FolderLock held = FolderLock.ForServer(folder);
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(
                new()
                {
                    DataFolder = folder,
                    StorageConnection = connection,
                    HttpPort = parsed.GetValue(port),
                    PublicUrl = parsed.GetValue(publicUrl),
                    Logging = TextLogs.For(context, LogLevel.Information),
                    Time = context.Time,
                    Telemetry = TelemetryOptions.Read(context.Variable),
                },
                cancellation);
            Announce(context, host.BaseAddress!.GetLeftPart(UriPartial.Authority), Path.Combine(folder, HostKeys.FileName));
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.Error.WriteLine("ending; experiments that have not ended go on at the next start");
            await host.StopAsync();
            return ExitCode.Done;
        });
        yield return command;
    }

    private static void Announce(CliContext context, string url, string keys)
    {
        context.Output.WriteLine($"listening on {url}");
        context.Output.WriteLine($"the key is \"function\" in {keys}");
        context.Output.WriteLine($$"""try: curl -H "x-functions-key: $(sed 's/.*"function":"\([^"]*\)".*/\1/' '{{keys}}')" {{url}}/api/experiments""");
        context.Output.Flush();
    }
}
