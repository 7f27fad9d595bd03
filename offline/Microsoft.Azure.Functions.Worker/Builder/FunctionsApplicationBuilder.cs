using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>Compiles what a Functions application configures. No instance exists: <see cref="FunctionsApplication.CreateBuilder"/> throws.</summary>
public class FunctionsApplicationBuilder : IHostApplicationBuilder, IFunctionsWorkerApplicationBuilder
{
    internal FunctionsApplicationBuilder() => throw FunctionsHost.Absent();

    public IDictionary<object, object> Properties => throw FunctionsHost.Absent();

    public ConfigurationManager Configuration => throw FunctionsHost.Absent();

    public IHostEnvironment Environment => throw FunctionsHost.Absent();

    public ILoggingBuilder Logging => throw FunctionsHost.Absent();

    public IMetricsBuilder Metrics => throw FunctionsHost.Absent();

    public IServiceCollection Services => throw FunctionsHost.Absent();

    IConfigurationManager IHostApplicationBuilder.Configuration => Configuration;

    public IHost Build() => throw FunctionsHost.Absent();

    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull => throw FunctionsHost.Absent();

    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware) =>
        throw FunctionsHost.Absent();
}
