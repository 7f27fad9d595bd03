using HpoServerless.Bench.Pruning;

namespace HpoServerless.Engine.Tests.Bench;

/// <summary>The benchmark's tables are those that the peers were measured on. Expected values: the Python script that measured them.</summary>
public sealed class CurveFamilyTests
{
    [Theory]
    [InlineData(0, 0, 0, 1, 0.7284679462440784)]
    [InlineData(0, 0, 0, 3, 0.669702092854534)]
    [InlineData(0, 0, 99, 81, 0.0812401143522398)]
    [InlineData(0, 7, 0, 2, 1.1040023756163369)]
    [InlineData(0, 7, 99, 81, 0.13959789574633605)]
    [InlineData(1, 0, 0, 1, 0.7277015829800094)]
    [InlineData(1, 7, 0, 3, 0.9600823492250906)]
    [InlineData(1, 7, 99, 81, 0.11973082964665749)]
    public void Table_isThatOfThePeers(int family, int seed, int configuration, int step, double expected) =>
        Assert.Equal(expected, CurveFamily.Peers[family].Table(seed).Observed[configuration][step - 1], 1e-12);

    [Theory]
    [InlineData(0, 0, 0.05018117254958796)]
    [InlineData(0, 7, 0.050967348215338895)]
    [InlineData(1, 0, 0.055193134873862945)]
    [InlineData(1, 7, 0.05581538228760354)]
    public void Table_hasTheBestConfigurationOfThePeers(int family, int seed, double best)
    {
        CurveTable table = CurveFamily.Peers[family].Table(seed);

        Assert.Equal(best, table.True.Min(curve => curve[^1]), 1e-12);
        Assert.Equal(0, Enumerable.Range(0, 100).Min(table.Regret));
    }
}
