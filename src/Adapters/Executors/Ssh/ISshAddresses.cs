namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Says where nodes are, before each connection.</summary>
internal interface ISshAddresses
{
    /// <returns>The node with the address that it has now.</returns>
    /// <exception cref="Engine.Errors.UnavailableException">It cannot be had.</exception>
    Task<SshNode> FindAsync(SshNode node, CancellationToken cancellation);
}
