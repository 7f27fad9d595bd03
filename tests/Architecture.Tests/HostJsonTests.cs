using System.Globalization;
using System.Reflection;
using System.Text.Json;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Functions;
using HpoServerless.Functions.Entries;
using HpoServerless.Functions.Settings;
using HpoServerless.LocalHost.Queues;
using HpoServerless.Orchestrations;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Architecture.Tests;

/// <summary>host.json fits the code, and docs/configuration.md gives a reason for each value.</summary>
public sealed class HostJsonTests
{
    private static readonly Dictionary<string, string> Values = Leaves(JsonDocument.Parse(File.ReadAllText(Repository.PathOf("host.json"))).RootElement, string.Empty)
        .ToDictionary(leaf => leaf.Path, leaf => leaf.Value);

    [Fact]
    public void Every_value_is_in_the_documentation_with_a_reason()
    {
        string section = File.ReadAllText(Repository.PathOf("docs/configuration.md")).Split("\n### host.json\n")[1].Split("\n## ")[0].Split("\n### ")[0];
        string[][] rows = [.. section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries))];

        Assert.Equal(
            Values.Select(value => $"`{value.Key}` {value.Value}").Order(StringComparer.Ordinal),
            rows.Select(row => $"{row[1]} {row[2]}").Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.NotEmpty(row[3]));
    }

    [Fact]
    public void Task_hub_is_a_setting_of_the_service() =>
        Assert.Equal($"%{ServiceSettings.TaskHub.EnvironmentName}%", Values["extensions.durableTask.hubName"]);

    [Fact]
    public void Triggers_use_the_connection_of_the_stores()
    {
        QueueTriggerAttribute[] triggers =
        [
            .. typeof(HpoOptions).Assembly.GetTypes().SelectMany(type => type.GetMethods()).SelectMany(method => method.GetParameters())
                .Select(parameter => parameter.GetCustomAttribute<QueueTriggerAttribute>()).OfType<QueueTriggerAttribute>(),
        ];

        Assert.Equal([TrialQueue.QueueName, TrialQueue.PoisonQueueName], triggers.Select(trigger => trigger.QueueName).Order(StringComparer.Ordinal));
        Assert.All(triggers, trigger => Assert.Equal(ServiceSettings.Storage.EnvironmentName, trigger.Connection));
        Assert.DoesNotContain(ServiceSettings.All, setting => setting.Key == Values["extensions.durableTask.storageProvider.connectionName"]);
    }

    [Fact]
    public void Messages_are_tried_as_often_and_as_many_at_once_as_on_one_machine()
    {
        Assert.Equal(QueueListener.MaxDequeueCount, Number("extensions.queues.maxDequeueCount"));
        Assert.Equal(QueueListener.BatchSize, Number("extensions.queues.batchSize"));
        Assert.Equal("base64", Values["extensions.queues.messageEncoding"]);
    }

    [Fact]
    public void Nothing_is_cut_off_that_storage_may_still_answer()
    {
        TimeSpan longest = (2 * new AzureStoreOptions().CallTimeout) + ReportIntake.LongestWait;

        Assert.True(Time("functionTimeout") > longest, $"a function may wait {longest}");
        Assert.True(Time("extensions.durableTask.storageProvider.workItemQueueVisibilityTimeout") > longest, $"an activity may wait {longest}");
        Assert.True(Time("extensions.durableTask.storageProvider.workItemQueueVisibilityTimeout") <= Time("functionTimeout"));
        Assert.True(ReportIntake.LongestWait < TimeSpan.FromSeconds(230), "the platform ends HTTP requests then");
    }

    [Fact]
    public void Version_can_be_compared() => Assert.True(Version.TryParse(Values["extensions.durableTask.defaultVersion"], out _));

    [Fact]
    public void Sampling_drops_no_log_that_alerts_look_for() =>
        Assert.Contains("Trace", Values["logging.applicationInsights.samplingSettings.excludedTypes"].Split(';'));

    private static int Number(string path) => int.Parse(Values[path], CultureInfo.InvariantCulture);

    private static TimeSpan Time(string path) => TimeSpan.Parse(Values[path], CultureInfo.InvariantCulture);

    private static IEnumerable<(string Path, string Value)> Leaves(JsonElement element, string path) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().SelectMany(member => Leaves(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}"))
        : [(path, element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText())];
}
