using HpoServerless.Functions.Services;

namespace HpoServerless.Functions.Tests.Services;

public sealed class TrialTokensTests
{
    private static readonly TrialTokens Tokens = Make(1);

    [Fact]
    public void Token_is_valid_for_its_trial_alone()
    {
        string token = Tokens.Issue("e", 12);

        Assert.True(Tokens.IsValid(token, "e", 12));
        Assert.False(Tokens.IsValid(token, "e", 1));
        Assert.False(Tokens.IsValid(token, "e2", 12));
        Assert.False(Make(2).IsValid(token, "e", 12));
        Assert.NotEqual(Tokens.Issue("e1", 2), Tokens.Issue("e", 12));
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("not base64!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Rubbish_is_not_valid(string token) => Assert.False(Tokens.IsValid(token, "e", 12));

    [Fact]
    public void Enormous_token_is_not_valid() => Assert.False(Tokens.IsValid(new string('A', 1_000_000), "e", 12));

    private static TrialTokens Make(byte fill) => new(new HpoOptions { TrialKey = Enumerable.Repeat(fill, 32).ToArray() });
}
