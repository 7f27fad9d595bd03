using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;

namespace HpoServerless.Offline.Tests.Functions;

/// <summary>The stand-ins for the worker: attributes carry their data, the host is absent and says so.</summary>
public sealed class FunctionsHostTests
{
    [Fact]
    public void CreateBuilder_says_which_build_to_use()
    {
        Packages.SkipUnlessOffline();

        PlatformNotSupportedException error = Assert.Throws<PlatformNotSupportedException>(() => FunctionsApplication.CreateBuilder([]));

        Assert.Contains("-p:AzurePackages=official", error.Message, StringComparison.Ordinal);
        Assert.Contains("hpo serve", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HttpTriggerAttribute_keeps_level_methods_and_route()
    {
        HttpTriggerAttribute trigger = new(AuthorizationLevel.Function, "get", "post") { Route = "experiments/{id}" };

        Assert.Equal((AuthorizationLevel.Function, "experiments/{id}"), (trigger.AuthLevel, trigger.Route));
        Assert.Equal(["get", "post"], trigger.Methods!);
    }

    [Fact]
    public void HttpTriggerAttribute_without_level_depends_on_the_constructor()
    {
        Assert.Equal(AuthorizationLevel.Function, new HttpTriggerAttribute().AuthLevel);
        Assert.Equal(AuthorizationLevel.Anonymous, new HttpTriggerAttribute("get").AuthLevel);
    }

    [Fact]
    public void TimerTriggerAttribute_monitors_unless_told_otherwise()
    {
        TimerTriggerAttribute timer = new("0 */5 * * * *");

        Assert.Equal(("0 */5 * * * *", true, false), (timer.Schedule, timer.UseMonitor, timer.RunOnStartup));
    }

    [Theory]
    [InlineData("soon", "00:01:00")]
    [InlineData("-00:00:01", "00:01:00")]
    [InlineData("00:01:00", "later")]
    public void ExponentialBackoffRetryAttribute_refuses_what_is_no_interval(string minimum, string maximum) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialBackoffRetryAttribute(3, minimum, maximum));

    [Fact]
    public void RetryAttributes_keep_their_values()
    {
        ExponentialBackoffRetryAttribute growing = new(3, "00:00:01", "00:01:00");
        FixedDelayRetryAttribute steady = new(-1, "00:00:05");

        Assert.Equal((3, "00:00:01", "00:01:00"), (growing.MaxRetryCount, growing.MinimumInterval, growing.MaximumInterval));
        Assert.Equal((-1, "00:00:05"), (steady.MaxRetryCount, steady.DelayInterval));
        Assert.Throws<ArgumentException>(() => new ExponentialBackoffRetryAttribute(3, "00:02:00", "00:01:00"));
    }
}
