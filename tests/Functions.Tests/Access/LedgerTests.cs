using HpoServerless.Functions.Access;

namespace HpoServerless.Functions.Tests.Access;

public sealed class LedgerTests
{
    private static readonly OpenExperiment One = new("one", 3, 5, 0);

    [Fact]
    public void What_is_open_counts_once_and_what_ended_counts_what_it_cost()
    {
        Ledger ledger = Ledger.Empty.With(One).With(One with { Trials = 4 }).With(new("two", 2, 0, 0));
        Assert.Equal(new QuotaUse(2, 6, 5), ledger.Use);
        Assert.Equal(ledger.Use, ledger.With(One with { Trials = 1, Cost = 1 }).Use);
        Assert.Equal(new QuotaUse(2, 3, 1), ledger.As(One with { Trials = 1, Cost = 1 }).Use);

        ledger = ledger.Without("one", day: 10, cost: 1.5);
        Assert.Equal(new QuotaUse(1, 2, 1.5), ledger.Use);
        ledger = ledger.With(One).Without("one", day: 12, cost: 0.25);
        Assert.Equal(1.75, ledger.Use.Cost);
        Assert.Equal(0.25, ledger.Since(11).Use.Cost);
        Assert.Equal(1.75, ledger.Since(10).Use.Cost);
    }
}
