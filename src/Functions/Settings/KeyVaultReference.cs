namespace HpoServerless.Functions.Settings;

/// <summary>References to secrets in Key Vault, in whose place the platform puts the secret before the app starts. Where it cannot, the app sees the reference itself.</summary>
internal static class KeyVaultReference
{
    /// <summary>Why there is one, as the end of a sentence that begins with a setting.</summary>
    public const string Rule = "is a reference to Key Vault that was not resolved: the secret has to exist, and the app's identity to reach the vault and to have the right to read it";

    private const string Begin = "@Microsoft.KeyVault(";

    /// <summary>Whether a value is one.</summary>
    public static bool IsIn(string? value) => value?.TrimStart().StartsWith(Begin, StringComparison.OrdinalIgnoreCase) == true;
}
