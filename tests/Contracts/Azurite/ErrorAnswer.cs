using System.Net;
using System.Text;

namespace HpoServerless.Contracts.Azurite;

/// <summary>Error answers in the words of the storage services: JSON for tables, XML for the others.</summary>
internal static class ErrorAnswer
{
    public static HttpResponseMessage Create(HttpRequestMessage request, HttpStatusCode status, string code, bool alwaysXml)
    {
        bool json = !alwaysXml && request.Headers.Accept.Any(static a => a.MediaType == "application/json");
        string body = json
            ? $$$$"""{"odata.error":{"code":"{{{{code}}}}","message":{"lang":"en-US","value":"Injected by the test."}}}"""
            : $"""<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>Injected by the test.</Message></Error>""";
        HttpResponseMessage answer = new(status)
        {
            RequestMessage = request,
            Content = new StringContent(body, Encoding.UTF8, json ? "application/json" : "application/xml"),
        };
        answer.Headers.Add("x-ms-error-code", code);
        return answer;
    }
}
