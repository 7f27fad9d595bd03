using HpoServerless.Contracts.Batch;

namespace HpoServerless.Bench;

/// <summary>A double of a Batch account in a process of its own, so that its memory is not that of what is measured.</summary>
internal static class BatchAccount
{
    /// <summary>Prints where it is, what its certificate is and which token it takes; then, for each line it reads, has all tasks begin and answers with a line. Ends with its input.</summary>
    public static async Task<int> ServeAsync()
    {
        await using BatchDouble account = await BatchDouble.StartAsync();
        Console.WriteLine($"{account.Endpoint} {account.Certificate} {account.Token}");
        while (Console.ReadLine() is not null)
        {
            account.BeginAll();
            Console.WriteLine("begun");
        }

        return 0;
    }
}
