namespace HpoServerless.EndToEnd.Tests;

/// <summary>Waits for what must happen.</summary>
internal static class Until
{
    public static async Task<T> NotNullAsync<T>(Func<T?> find)
        where T : class
    {
        for (int look = 0; ; look++)
        {
            if (find() is { } found)
            {
                return found;
            }

            Assert.True(look < 6000, "it never happened");
            await Task.Delay(10);
        }
    }
}
