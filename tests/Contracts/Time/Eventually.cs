namespace HpoServerless.Contracts.Time;

/// <summary>Waits for what a test cannot wait for otherwise, with an end: what never comes fails the test.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Waits until something holds.</summary>
    public static Task HoldsAsync(Func<bool> condition, string otherwise) => HoldsAsync(() => Task.FromResult(condition()), otherwise);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string)"/>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string otherwise)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, $"{otherwise}, within {Patience.TotalMinutes} minutes");
            await Task.Delay(Pause);
        }
    }
}
