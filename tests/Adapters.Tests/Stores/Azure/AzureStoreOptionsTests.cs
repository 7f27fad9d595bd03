using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

public sealed class AzureStoreOptionsTests
{
    [Fact]
    public void Defaults_areInRange() => new AzureStoreOptions().Check();

    [Fact]
    public void Faults_areReportedAllAtOnce()
    {
        AzureStoreOptions options = new() { Prefix = "Hpo-", Retries = -1, CallTimeout = TimeSpan.Zero };

        Assert.Equal(["prefix", "retries", "callTimeout"], Assert.Throws<InvalidInputException>(options.Check).Faults.Select(f => f.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1ab")]
    [InlineData("ab_c")]
    [InlineData("abcdefghijklmnopqrstuvwxyz01234")]
    public void Prefix_thatNamesNoTable_isRefused(string prefix) =>
        Assert.Throws<InvalidInputException>(new AzureStoreOptions { Prefix = prefix }.Check);
}
