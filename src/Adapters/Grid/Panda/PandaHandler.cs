using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>Makes what carries requests: the grid's authorities are trusted, and a proxy is shown with its whole chain.</summary>
internal static class PandaHandler
{
    /// <exception cref="PandaException">The proxy cannot be used now.</exception>
    public static HttpMessageHandler Create(PandaConnection connection, TimeProvider time)
    {
        SslClientAuthenticationOptions ssl = new();
        if (connection.Auth == PandaAuth.X509)
        {
            ssl.ClientCertificateContext = Proxy(connection.Proxy, time);
        }

        if (!connection.VerifyHost)
        {
#pragma warning disable CA5359, MA0039 // whoever sets PANDA_VERIFY_HOST=off asks for it
            ssl.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359, MA0039
        }
        else if (Authorities(connection.AuthorityFolder) is { Count: > 0 } authorities)
        {
            ssl.RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsTrusted(shown, chain, errors, authorities);
        }

        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the token is for one address
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = ssl,
        };
    }

    private static SslStreamCertificateContext Proxy(string path, TimeProvider time)
    {
        try
        {
            X509Certificate2 leaf = X509Certificate2.CreateFromPemFile(path, path);
            DateTimeOffset end = new(leaf.NotAfter.ToUniversalTime(), TimeSpan.Zero);
            if (end <= time.GetUtcNow())
            {
                throw Fault(path, $"has expired at {end:u}; make a new one with voms-proxy-init");
            }

            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(path);
            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Fault(path, "is not there, or cannot be read; make one with voms-proxy-init, or set X509_USER_PROXY, or use PANDA_AUTH=oidc");
        }
    }

    private static PandaException Fault(string path, string rule) => new(0, null, "anything", $"the grid proxy {path} {rule}");

    private static X509Certificate2Collection Authorities(string folder)
    {
        X509Certificate2Collection found = [];
        if (Directory.Exists(folder))
        {
            foreach (string file in Directory.EnumerateFiles(folder).Where(file => file.EndsWith(".pem", StringComparison.Ordinal) || file.EndsWith(".0", StringComparison.Ordinal)))
            {
                try
                {
                    found.ImportFromPemFile(file);
                }
                catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
                {
                    // One damaged file does not make the others unknown.
                }
            }
        }

        return found;
    }

    private static bool IsTrusted(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || shown is null)
        {
            return false;
        }

        using X509Chain again = new();
        again.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        again.ChainPolicy.CustomTrustStore.AddRange(authorities);
        again.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement between in chain?.ChainElements.Skip(1) ?? [])
        {
            again.ChainPolicy.ExtraStore.Add(between.Certificate);
        }

        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(shown.Export(X509ContentType.Cert));
        return again.Build(leaf);
    }
}
