namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>An instance as EC2 describes it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State"><c>pending</c>, <c>running</c>, <c>stopping</c>, <c>stopped</c>, <c>shutting-down</c> or <c>terminated</c>.</param>
/// <param name="PublicAddress">Name or address for everybody; null where it has none.</param>
/// <param name="PrivateAddress">Address in its own net; null where it has none.</param>
internal sealed record Ec2Instance(string Id, string State, string? PublicAddress, string? PrivateAddress);
