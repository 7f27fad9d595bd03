using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.DurableTask.Converters;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>
/// What running orchestrations rely on across deployments: durable names, event names and the JSON of payloads.
/// Where this test fails, histories of the version before cannot be read: give the changed thing a new name, or keep its shape.
/// </summary>
public sealed class DurableContractTests
{
    private static readonly SegmentId Segment = new("exp-1", 7, 2);

    private static readonly object[] Payloads =
    [
        new ExperimentCursor("exp-1", 5),
        new AdvanceRequest("exp-1", 5),
        new TurnReceipt(6, Finished: false, More: true, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)),
        new TurnReceipt(6, Finished: true, More: false, WakeAt: null),
        new SegmentRun(Segment),
        new SegmentRun(Segment, 1, "handle"),
        new SegmentRun(Segment) { Site = "pool" },
        SegmentProgress.Running,
        SegmentProgress.Ended,
        SegmentProgress.Lost,
    ];

    [Fact]
    public async Task Names_and_payloads_are_those_on_record()
    {
        string expected = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(ThisFile())!, "DurableContract.txt"));

        Assert.Equal(expected, Describe());
    }

    [Fact]
    public void Payloads_survive_the_round_trip()
    {
        JsonDataConverter converter = new();

        Assert.All(Payloads, payload => Assert.Equal(payload, converter.Deserialize(converter.Serialize(payload), payload.GetType())));
    }

    private static string Describe()
    {
        StringBuilder text = new();
        foreach (string line in Functions().Order(StringComparer.Ordinal))
        {
            text.Append(line).Append('\n');
        }

        foreach (string name in (string[])[ExperimentOrchestrator.Doorbell, TrialOrchestrator.Ended, TrialOrchestrator.Interrupt])
        {
            text.Append("event ").Append(name).Append('\n');
        }

        text.Append("instance ").Append(Segment.InstanceId).Append('\n');
        JsonDataConverter converter = new();
        foreach (object payload in Payloads)
        {
            text.Append(payload.GetType().Name).Append(' ').Append(converter.Serialize(payload)).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Functions() =>
        from type in typeof(HpoOptions).Assembly.GetExportedTypes()
        from method in type.GetMethods()
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        from parameter in method.GetParameters()
        let kind = parameter.GetCustomAttribute<TriggerBindingAttribute>() switch
        {
            OrchestrationTriggerAttribute => "orchestrator",
            ActivityTriggerAttribute => "activity",
            QueueTriggerAttribute queue => $"queue {queue.QueueName}",
            _ => null,
        }
        where kind is not null
        select $"{kind} {function.Name}{(kind == "activity" ? $"({parameter.ParameterType.Name})" : string.Empty)}: {Result(method.ReturnType)}";

    private static string Result(Type type) => type.IsGenericType ? type.GenericTypeArguments[0].Name : "nothing";

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
