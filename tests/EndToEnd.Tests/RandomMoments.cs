namespace HpoServerless.EndToEnd.Tests;

/// <summary>Moments to kill a process at: some by the clock, and so in the middle of its start, most by how far it came.</summary>
internal sealed class RandomMoments(int seed)
{
    public const int Count = 10;

    private const int MostTrials = 12;
    private const int MostMilliseconds = 1200;
    private const int Jitter = 30;

    private readonly Random _random = new(seed);

    /// <summary>Waits for the next moment.</summary>
    /// <param name="number">How many moments there were before.</param>
    /// <param name="ended">Says how many trials have ended.</param>
    /// <param name="isOver">Says whether there is nothing left to wait for.</param>
    public async Task WaitAsync(int number, Func<Task<int>> ended, Func<bool> isOver)
    {
        if (number % 3 == 2)
        {
            await Task.Delay(_random.Next(MostMilliseconds));
            return;
        }

        int wanted = await ended() + _random.Next(1, MostTrials);
        while (!isOver() && await ended() < wanted)
        {
            await Task.Delay(5);
        }

        await Task.Delay(_random.Next(Jitter));
    }
}
