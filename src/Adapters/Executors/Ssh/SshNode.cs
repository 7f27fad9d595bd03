using System.Globalization;
using System.Text.RegularExpressions;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>A machine that can be reached by SSH.</summary>
/// <param name="User">Who to be there.</param>
/// <param name="Host">Its name or address.</param>
/// <param name="Port">Port of its SSH server; null for the client's own default.</param>
/// <param name="KeyFile">Private key to show; null for what the client finds itself (an agent, its default keys).</param>
public sealed partial record SshNode(string User, string Host, int? Port, string? KeyFile)
{
    /// <summary>Name under which its host key is known, where its address changes; null for the host.</summary>
    public string? Alias { get; init; }

    /// <summary>How messages name it.</summary>
    public string Name => Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{User}@{Host}:{port}") : $"{User}@{Host}";

    /// <summary>Reads <c>user@host[:port] [keyfile]</c>.</summary>
    /// <param name="text">The text; an IPv6 address stands in brackets, <c>~/</c> in the key file is the home folder.</param>
    /// <param name="path">Where it stands, for faults.</param>
    /// <param name="faults">Takes everything that is wrong.</param>
    /// <returns>The node; null where a fault was added.</returns>
    public static SshNode? Read(string text, string path, List<Fault> faults)
    {
        string[] parts = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string address = parts.Length > 0 ? parts[0] : string.Empty;
        int at = address.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            faults.Add(new(path, text, "must be user@host[:port] [keyfile]; it has no @"));
            return null;
        }

        int before = faults.Count;
        string user = address[..at];
        (string host, string? port) = Split(address[(at + 1)..]);
        if (!UserPattern().IsMatch(user) || !HostPattern().IsMatch(host))
        {
            faults.Add(new(path, text, "must be user@host[:port] [keyfile], with a user and a host of letters, digits and . _ -"));
        }

        int? number = null;
        if (port is not null)
        {
            number = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : 0;
            if (number is < 1 or > 65535)
            {
                faults.Add(new(path, text, $"must have a port from 1 to 65535; {port} is none"));
            }
        }

        string? key = parts.Length > 1 ? HomePath.Expand(parts[1]) : null;
        if (key is not null && !File.Exists(key))
        {
            faults.Add(new(path, text, $"must name a key file that exists; {key} does not"));
        }

        return faults.Count == before ? new(user, host, number, key is null ? null : Path.GetFullPath(key)) : null;
    }

    private static (string Host, string? Port) Split(string text)
    {
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            return end < 0 ? (string.Empty, null) : (text[1..end], text.Length > end + 1 ? text[(end + 1)..].TrimStart(':') : null);
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9._-]*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserPattern();

    [GeneratedRegex("^[A-Za-z0-9:][A-Za-z0-9._:-]*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostPattern();
}
