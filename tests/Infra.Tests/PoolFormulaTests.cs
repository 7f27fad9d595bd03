using System.Text.Json;
using System.Text.RegularExpressions;

namespace HpoServerless.Infra.Tests;

/// <summary>The formula by which pools size themselves. Its language is, as far as it goes, that of JavaScript, which carries it out here.</summary>
public sealed partial class PoolFormulaTests
{
    /// <summary>What the service knows, as the formula sees it.</summary>
    private const string Service = """
        const TimeInterval_Second = 1, TimeInterval_Minute = 60, taskcompletion = 'taskcompletion';
        const flat = list => list.flat(9);
        const max = (...list) => Math.max(...flat(list)), min = (...list) => Math.min(...flat(list)), avg = (...list) => flat(list).reduce((a, b) => a + b, 0) / flat(list).length;
        const history = samples => ({ GetSample: time => samples.slice(-Math.max(1, time / 30)), GetSamplePercent: time => Math.min(100, 100 * samples.length * 30 / time) });
        const given = JSON.parse(process.argv[1]);
        const $PendingTasks = history(given.pending), $PreemptedNodeCount = history([given.preempted]), $CurrentLowPriorityNodes = given.spot;
        """;

    private static readonly string[] Lines =
        [.. Regex.Matches(BicepFile.Module("batch-pool.bicep").Get("var", "formula").Value!, "'([^\n]*;)'", RegexOptions.None, TimeSpan.FromSeconds(10)).Select(m => m.Groups[1].Value)];

    /// <summary>Functions and variables that Batch documents.</summary>
    private static readonly string[] Language =
    [
        "max", "min", "avg", "taskcompletion", "TimeInterval_Second", "TimeInterval_Minute", "GetSample", "GetSamplePercent",
        "$PendingTasks", "$CurrentLowPriorityNodes", "$PreemptedNodeCount",
    ];

    [Fact]
    public void Formula_usesWhatBatchHasAndWhatItAssigned()
    {
        HashSet<string> known = [.. Language];

        Assert.All(Lines, line =>
        {
            string[] sides = line.Split(" = ", 2);
            Assert.All(Name.Matches(Parameter.Replace(sides[1], "0")), name => Assert.Contains(name.Value, known));
            known.Add(sides[0]);
        });
        Assert.InRange(Lines.Sum(line => line.Length), 1, 8000);
        Assert.Equal("$NodeDeallocationOption = taskcompletion;", Lines[^1]);
    }

    /// <summary>Nothing to do, nothing to pay.</summary>
    [Fact]
    public void NoTasks_noMachines() => Assert.Equal((0, 0), Size(new(Slots: 4), pending: Long(0)));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(8, 2)]
    [InlineData(400, 10)]
    public void Tasks_getSpotMachinesFirst(int tasks, int machines) => Assert.Equal((machines, 0), Size(new(Slots: 4, MaxDedicated: 0), pending: [tasks]));

    [Fact]
    public void TasksBeyondSpotMachines_getDedicatedOnes() => Assert.Equal((10, 2), Size(new(Slots: 4), pending: [48]));

    [Fact]
    public void DedicatedMachines_haveALimit() => Assert.Equal((10, 3), Size(new(Slots: 1), pending: [100]));

    [Fact]
    public void PoolWithoutSpotMachines_hasDedicatedOnes() => Assert.Equal((0, 2), Size(new(MaxSpot: 0, Slots: 4), pending: [5]));

    /// <summary>A quarter of an hour without the spot machines that were asked for.</summary>
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void TasksThatWaitForSpotMachines_getDedicatedOnes(int there, int dedicated) => Assert.Equal((2, dedicated), Size(new(Slots: 4), pending: Long(8), spot: there));

    [Fact]
    public void TasksThatJustCame_waitForSpotMachines() => Assert.Equal((2, 0), Size(new(Slots: 4), pending: [.. Long(0)[..28], 8, 8]));

    [Fact]
    public void PreemptedMachines_areReplacedAtOnce() => Assert.Equal((2, 1), Size(new(Slots: 1), pending: [2], spot: 2, preempted: 1));

    [Fact]
    public void PreemptedMachines_areNotReplacedWhereNobodyNeedsThem() => Assert.Equal((0, 0), Size(new(), pending: Long(0), spot: 2, preempted: 2));

    [Theory]
    [InlineData(10, 2, 0)]
    [InlineData(0, 0, 2)]
    public void FewestMachines_areAlwaysThere(int maxSpot, int spot, int dedicated) => Assert.Equal((spot, dedicated), Size(new(MaxSpot: maxSpot, Fewest: 2), pending: Long(0)));

    private static int[] Long(int tasks) => [.. Enumerable.Repeat(tasks, 30)];

    private static (int Spot, int Dedicated) Size(Pool pool, int[] pending, int spot = 0, int preempted = 0)
    {
        Dictionary<string, int> values = new() { ["slotsPerNode"] = pool.Slots, ["maxSpotNodes"] = pool.MaxSpot, ["maxDedicatedNodes"] = pool.MaxDedicated, ["minNodes"] = pool.Fewest };
        string formula = string.Join('\n', Lines.Select(line => $"var {Parameter.Replace(line, match => $"{values[match.Groups[1].Value]}")}"));
        string given = JsonSerializer.Serialize(new { pending, spot, preempted });
        (int code, string output, string error) = Shell.Run(
            "node", ["-e", $"{Service}\n{formula}\nconsole.log(JSON.stringify([Math.trunc($TargetLowPriorityNodes), Math.trunc($TargetDedicatedNodes)]));", given], Files.Root);
        Assert.True(code == 0, error);
        int[] sizes = JsonSerializer.Deserialize<int[]>(output)!;
        return (sizes[0], sizes[1]);
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Parameter { get; }

    [GeneratedRegex(@"\$?[A-Za-z_]+")]
    private static partial Regex Name { get; }

    private sealed record Pool(int Slots = 1, int MaxSpot = 10, int MaxDedicated = 3, int Fewest = 0);
}
