using HpoServerless.Functions;
using HpoServerless.Functions.Telemetry;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Services.AddHpoServerless(builder.Configuration);
TelemetryOptions telemetry = TelemetryOptions.Read(builder.Configuration);
builder.Services.AddHostedService(_ => new TelemetryHost(telemetry));
if (telemetry.HasCollector)
{
    builder.Services.AddLogging(logging => logging.AddOpenTelemetry(TelemetryPipeline.Export));
}

await builder.Build().RunAsync();
