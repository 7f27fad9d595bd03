using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions.Access;

/// <summary>The keys of an installation, each with a name and a role. Of each there may be several that hold at the same time, so that one can follow another without a gap.</summary>
/// <remarks>Only hashes are kept. A look takes the same time whatever is given, and whichever key it is.</remarks>
public sealed class AccessKeys
{
    /// <summary>Name of the settings' part.</summary>
    public const string Section = "Keys";

    private const int ShortestKey = 32;
    private const int LongestKey = 512;
    private const int LongestName = 64;

    private readonly ImmutableArray<(byte[] Hash, Caller Caller)> _keys;

    private AccessKeys(ImmutableArray<(byte[] Hash, Caller Caller)> keys, ImmutableArray<string> unresolved)
    {
        _keys = keys;
        Unresolved = unresolved;
    }

    /// <summary>No keys.</summary>
    public static AccessKeys None { get; } = new([], []);

    /// <summary>How many there are.</summary>
    public int Count => _keys.Length;

    /// <summary>Names of users whose keys are in a vault that did not give them. They have none; the others keep theirs.</summary>
    public ImmutableArray<string> Unresolved { get; }

    /// <summary>Says what it is, not what it holds.</summary>
    public override string ToString() => nameof(AccessKeys);

    /// <summary>Whose key it is; null for nobody's.</summary>
    public Caller? Find(string key)
    {
        byte[] given = HashOf(key);
        Caller? found = null;
        foreach ((byte[] hash, Caller caller) in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(given, hash) ? caller : found;
        }

        return key.Length <= LongestKey ? found : null;
    }

    /// <summary>Reads <c>NAME = role:key[,key]</c>.</summary>
    internal static AccessKeys Read(IConfigurationSection section, List<Fault> faults)
    {
        ImmutableArray<(byte[], Caller)>.Builder keys = ImmutableArray.CreateBuilder<(byte[], Caller)>();
        ImmutableArray<string>.Builder unresolved = ImmutableArray.CreateBuilder<string>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (IConfigurationSection entry in section.GetChildren())
        {
            if (KeyVaultReference.IsIn(entry.Value))
            {
                unresolved.Add(entry.Key);
                continue;
            }

            string[] parts = (entry.Value ?? string.Empty).Split(':', 2, StringSplitOptions.TrimEntries);
            string[] secrets = parts.Length == 2 ? parts[1].Split(',', StringSplitOptions.TrimEntries) : [];
            if (Caller.RoleOf(parts[0]) is var role && role == Roles.None || secrets.Length == 0 || secrets.Any(secret => secret.Length is < ShortestKey or > LongestKey))
            {
                faults.Add(new(entry.Path, "(not shown)", $"must be role:key, or role:key,key while one key follows another; the role is reader, submitter, operator or worker, and a key has {ShortestKey} to {LongestKey} characters without a comma"));
            }
            else if (!IsName(entry.Key))
            {
                faults.Add(new(entry.Path, null, $"must be named with 1 to {LongestName} of A-Z a-z 0-9 . _ -"));
            }
            else if (secrets.Any(secret => !seen.Add(secret)))
            {
                faults.Add(new(entry.Path, "(not shown)", "must not have a key that stands here twice: nobody could tell whose it is"));
            }
            else
            {
                Caller caller = new(entry.Key, entry.Key, role);
                keys.AddRange(secrets.Select(secret => (HashOf(secret), caller)));
            }
        }

        return new(keys.ToImmutable(), unresolved.ToImmutable());
    }

    private static bool IsName(string name) => name.Length is >= 1 and <= LongestName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
