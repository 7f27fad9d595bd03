using Azure;
using Azure.Data.Tables;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>What the emulator lets pass and the service refuses is refused here.</summary>
public sealed class EntityRulesTests
{
    [Fact]
    public void Entity_withinTheRules_passes()
    {
        TableEntity entity = new(new string('p', 512), new string('r', 512))
        {
            ["Text"] = new string('x', 32_768),
            ["Bytes"] = new byte[65_536],
            ["Time"] = new DateTimeOffset(1601, 1, 1, 0, 0, 0, TimeSpan.Zero),
            [new string('n', 255)] = 1.5,
            ["_é1"] = true,
            ["Long"] = long.MaxValue,
        };
        for (int i = entity.Keys.Count(static k => k is not ("PartitionKey" or "RowKey")); i < 252; i++)
        {
            entity[$"P{i}"] = i;
        }

        EntityRules.Check(entity);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a%b")]
    [InlineData("a'b")]
    [InlineData("a\u0001b")]
    [InlineData("a\u007fb")]
    [InlineData("a\u009fb")]
    public void Key_withAForbiddenCharacter_isRefused(string key)
    {
        Refused(1, new TableEntity(key, "r"));
        Refused(2, new TableEntity(key, key));
    }

    [Fact]
    public void Key_thatIsTooLong_isRefused() => Refused(1, new TableEntity("p", new string('r', 513)));

    [Theory]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("a b")]
    [InlineData("a.b")]
    [InlineData("a\n")]
    public void PropertyName_thatIsNoIdentifier_isRefused(string name) => Refused(1, new TableEntity("p", "r") { [name] = 1 });

    public static TheoryData<object> Values() =>
        [new string('x', 32_769), new byte[65_537], new DateTimeOffset(1600, 12, 31, 0, 0, 0, TimeSpan.Zero), double.NaN, double.PositiveInfinity, 1m, 5UL];

    [Theory]
    [MemberData(nameof(Values))]
    public void Value_thatATableCannotHold_isRefused(object value) => Refused(1, new TableEntity("p", "r") { ["V"] = value });

    [Fact]
    public void Faults_areReportedAllAtOnce() =>
        Refused(3, new TableEntity("p/p", "r") { ["a-b"] = 1, ["V"] = double.NaN });

    [Fact]
    public void Entity_withTooMuchInIt_isRefused()
    {
        TableEntity wide = new("p", "r");
        TableEntity heavy = new("p", "r");
        for (int i = 0; i < 253; i++)
        {
            wide[$"P{i}"] = i;
        }

        for (int i = 0; i < 17; i++)
        {
            heavy[$"P{i}"] = new string('x', 32_000);
        }

        Refused(1, wide);
        Refused(1, heavy);
        heavy.Remove("P16");
        EntityRules.Check(heavy); // half as many bytes on the wire as the service counts
    }

    [Fact]
    public void Transaction_withinTheRules_passes() => EntityRules.Check([.. Enumerable.Range(0, 100).Select(i => Add("p", $"{i}", 20_000))]);

    [Fact]
    public void Transaction_outsideTheRules_isRefused()
    {
        Refused(1, Array.Empty<TableTransactionAction>());
        Refused(1, [.. Enumerable.Range(0, 101).Select(i => Add("p", $"{i}"))]);
        Refused(1, [Add("p", "1"), Add("q", "2")]);
        Refused(1, [Add("p", "1"), Add("p", "1")]);
        Refused(1, [.. Enumerable.Range(0, 64).Select(i => Add("p", $"{i}", 50_000))]);
        Refused(2, [Add("p", "1"), Add("q", "1")]);
        Refused(1, [Add("p", "1"), new(TableTransactionActionType.Delete, new TableEntity("p", "a/b"), ETag.All)]);
    }

    private static TableTransactionAction Add(string partition, string row, int bytes = 1) =>
        new(TableTransactionActionType.Add, new TableEntity(partition, row) { ["Bytes"] = new byte[bytes] });

    private static void Refused(int faults, TableEntity entity) =>
        Assert.Equal(faults, Assert.Throws<InvalidInputException>(() => EntityRules.Check(entity)).Faults.Length);

    private static void Refused(int faults, IReadOnlyList<TableTransactionAction> actions) =>
        Assert.Equal(faults, Assert.Throws<InvalidInputException>(() => EntityRules.Check(actions)).Faults.Length);
}
