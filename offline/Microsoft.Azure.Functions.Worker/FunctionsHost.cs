namespace Microsoft.Azure.Functions.Worker;

/// <summary>What only the package can do: talk to the Functions host.</summary>
internal static class FunctionsHost
{
    public static PlatformNotSupportedException Absent() => new(
        "This build has stand-ins in place of the Azure Functions worker. " +
        "Build with -p:AzurePackages=official to run under the Functions host; use `hpo serve` otherwise.");
}
