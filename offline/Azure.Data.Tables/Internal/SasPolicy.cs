using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>Adds a shared access signature to the query of each request, once.</summary>
internal sealed class SasPolicy(AzureSasCredential credential) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        string signature = credential.Signature.TrimStart('?');
        string query = message.Request.Uri.Query;
        if (!query.Contains(signature, StringComparison.Ordinal))
        {
            message.Request.Uri.Query = query.Length > 1 ? $"{query}&{signature}" : $"?{signature}";
        }
    }
}
