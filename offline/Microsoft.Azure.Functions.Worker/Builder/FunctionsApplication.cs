namespace Microsoft.Azure.Functions.Worker.Builder;

public class FunctionsApplication
{
    /// <exception cref="PlatformNotSupportedException">Always: there is no Functions host behind the stand-in.</exception>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => throw FunctionsHost.Absent();
}
