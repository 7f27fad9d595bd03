using System.Text;
using HpoServerless.Adapters.Executors.Aws;

namespace HpoServerless.Adapters.Tests.Executors.Aws;

/// <summary>Requests of AWS's published test suite for Signature Version 4, with the signatures it gives.</summary>
public sealed class SignatureV4Tests
{
    private static readonly AwsKeys Keys = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null);
    private static readonly DateTimeOffset At = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("GET", "https://example.amazonaws.com/", null, "service", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", null, "service", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("POST", "https://example.amazonaws.com/", null, "service", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("POST", "https://example.amazonaws.com/", "Param1=value1", "service", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    public void Signatures_are_those_of_the_published_requests(string method, string address, string? body, string service, string signature)
    {
        byte[] content = Encoding.ASCII.GetBytes(body ?? string.Empty);
        using HttpRequestMessage request = new(new(method), address);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(content);
            request.Content.Headers.ContentType = new("application/x-www-form-urlencoded");
        }

        SignatureV4.Sign(request, content, Keys, "us-east-1", service, At);
        Assert.Equal("AWS4-HMAC-SHA256", request.Headers.Authorization!.Scheme);
        Assert.StartsWith($"Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, SignedHeaders=", request.Headers.Authorization.Parameter, StringComparison.Ordinal);
        Assert.EndsWith($"Signature={signature}", request.Headers.Authorization.Parameter, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_sent_and_signed_and_keys_show_no_secret()
    {
        AwsKeys keys = Keys with { Token = "token" };
        using HttpRequestMessage request = new(HttpMethod.Get, "https://example.amazonaws.com/");
        SignatureV4.Sign(request, default, keys, "us-east-1", "service", At);
        Assert.Equal("token", Assert.Single(request.Headers.GetValues("X-Amz-Security-Token")));
        Assert.Contains("SignedHeaders=host;x-amz-date;x-amz-security-token,", request.Headers.Authorization!.Parameter, StringComparison.Ordinal);
        Assert.Equal("AKIDEXAMPLE", keys.ToString());
    }
}
