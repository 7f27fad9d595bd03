namespace HpoServerless.Functions.Settings;

/// <summary>What the value of a setting is.</summary>
internal enum SettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>An address of HTTP.</summary>
    Address,

    /// <summary>Bytes in base64.</summary>
    Base64,

    /// <summary>One of some words.</summary>
    Choice,

    /// <summary>A name of letters and digits that begins with a letter.</summary>
    Name,

    /// <summary>A name of lower-case letters and digits.</summary>
    Account,
}
