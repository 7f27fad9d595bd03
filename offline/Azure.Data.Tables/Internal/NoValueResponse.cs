namespace Azure.Data.Tables;

/// <summary>Answer without a value: the entity does not exist.</summary>
internal sealed class NoValueResponse<T>(Response response) : NullableResponse<T>
{
    public override bool HasValue => false;

    public override T Value => throw new InvalidOperationException($"The response has no value: status {response.Status}.");

    public override Response GetRawResponse() => response;
}
