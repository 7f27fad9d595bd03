namespace Microsoft.Azure.Functions.Worker.Builder;

public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    /// <exception cref="PlatformNotSupportedException">Always: there is no Functions host behind the stand-in.</exception>
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) =>
        throw FunctionsHost.Absent();
}
