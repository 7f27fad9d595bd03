using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using HpoServerless.Contracts.Recorded;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions;
using HpoServerless.Orchestrations.Tests.Upgrades;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>
/// What running orchestrations rely on across deployments: durable names, event names and the JSON of payloads.
/// Where this test fails, histories of the version before cannot be read: give the changed thing a new name, or keep its shape.
/// </summary>
public sealed class DurableContractTests
{
    private static readonly RecordedFolder Folder = new("Orchestrations.Tests");

    private static readonly SegmentId Segment = DurablePayloads.Segment;

    public static TheoryData<string> Recorded => [.. Folder.All("contract.txt")];

    [Fact]
    public async Task Names_and_payloads_are_those_on_record()
    {
        string expected = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(ThisFile())!, "DurableContract.txt"));

        Assert.Equal(expected, Describe());
    }

    [Fact]
    public void Payloads_survive_the_round_trip() =>
        Assert.All(DurablePayloads.All, payload => Assert.Equal(payload, DurablePayloads.Read(DurablePayloads.Write(payload), payload.GetType())));

    [Fact]
    public void Each_property_of_a_payload_has_a_value_on_record_that_is_not_its_default()
    {
        foreach (Type type in DurablePayloads.Types.Values.Where(type => !type.IsEnum))
        {
            object[] examples = [.. DurablePayloads.All.Where(type.IsInstanceOfType)];
            Assert.All(type.GetProperties(), property => Assert.Contains(
                examples,
                example => property.GetValue(example) is { } value && (!property.PropertyType.IsValueType || property.PropertyType.IsEnum || !value.Equals(Activator.CreateInstance(property.PropertyType)))));
        }
    }

    /// <summary>In the direction of an upgrade: what an earlier release wrote, today's types read without a loss, and all names it started things by exist.</summary>
    [Theory]
    [MemberData(nameof(Recorded))]
    public void What_earlier_releases_wrote_is_read(string file)
    {
        HashSet<string> today = [.. Describe().Split('\n')];
        string[] lines = Folder.Read(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line =>
        {
            string[] words = line.Split(' ', 2);
            if (!DurablePayloads.Types.TryGetValue(words[0], out Type? type))
            {
                Assert.True(today.Contains(line), $"{file}: '{line}' is gone");
                return;
            }

            string? difference = RecordedJson.Difference(words[1], DurablePayloads.Write(DurablePayloads.Read(words[1], type)!));
            Assert.True(difference is null, $"{file}, {words[0]}: {difference}");
        });
    }

    [Fact]
    public void The_contract_of_this_release_is_on_record()
    {
        if (RecordedFolder.IsRecording && !File.Exists(Folder.PathOf("contract.txt")))
        {
            Folder.Write("contract.txt", Describe());
        }

        Assert.True(File.Exists(Folder.PathOf("contract.txt")), $"not on record for {RecordedFolder.Release}: run this test with {RecordedFolder.Switch}=1");
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

        text.Append("word ").Append(TrialOrchestrator.Told).Append('\n');
        text.Append("instance ").Append(Segment.InstanceId).Append('\n');
        foreach (string id in (string[])[Segment.EndEventId, Segment.ReportEventId(9), Segment.BeginEventId(3), Segment.RestoreEventId(3), Segment.CheckpointEventId(new(9, "n", 1, new('a', 64)))])
        {
            text.Append("inbox ").Append(id).Append('\n');
        }

        foreach (Type type in (Type[])[typeof(SegmentProgress), typeof(TrialMessageKind)])
        {
            foreach (object value in Enum.GetValues(type))
            {
                text.Append(CultureInfo.InvariantCulture, $"enum {type.Name}.{value} = {(int)value}\n");
            }
        }

        foreach (object payload in DurablePayloads.All)
        {
            text.Append(payload.GetType().Name).Append(' ').Append(DurablePayloads.Write(payload)).Append('\n');
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
