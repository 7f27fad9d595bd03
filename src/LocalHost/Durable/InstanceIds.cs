namespace HpoServerless.LocalHost.Durable;

/// <summary>The rule for instance ids of the Azure Storage backend, enforced here so that what runs locally runs in the cloud.</summary>
internal static class InstanceIds
{
    private const int MaxLength = 256;

    /// <exception cref="ArgumentException">The id breaks the rule.</exception>
    public static void Check(string id)
    {
        if (id.Length is 0 or > MaxLength || id[0] == '@' || id.AsSpan().IndexOfAny(@"/\#?") >= 0 || id.Any(char.IsControl))
        {
            throw new ArgumentException(
                $"An instance id has 1 to {MaxLength} characters, none of them / \\ # ? or a control character, and does not start with @; it was '{id}'.",
                nameof(id));
        }
    }
}
