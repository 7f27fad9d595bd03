namespace HpoServerless.Adapters.Grid;

/// <summary>What addresses that a person gives must not hold.</summary>
public static class AddressRules
{
    /// <summary>The rule about a name and password in an address. The address is not to be repeated beside it.</summary>
    public const string UserInfo = "must be an address without a name and password (USER:PASSWORD@): nobody would take them from there, and addresses are printed";

    /// <summary>Whether a text, an address or not, has a place for a name and password before its host.</summary>
    public static bool HasUserInfo(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int start = text.IndexOf("//", StringComparison.Ordinal) is >= 0 and int at ? at + 2 : 0;
        int end = text.AsSpan(start).IndexOfAny('/', '?', '#');
        return text.AsSpan(start, end < 0 ? text.Length - start : end).Contains('@');
    }
}
