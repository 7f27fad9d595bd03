using HpoServerless.Adapters.Grid.Panda;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>Ends tasks and tries them again, and says what came of it.</summary>
internal sealed class TaskEndings(PandaClient client, CliContext context)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    public async Task<bool> KillAsync(long task, CancellationToken cancellation) =>
        await client.KillAsync(task, cancellation) ? Say(task, "is being killed; that takes some minutes") : await RefusedAsync(task, "killed", cancellation);

    public async Task<bool> RetryAsync(long task, CancellationToken cancellation) =>
        await client.RetryAsync(task, cancellation) ? Say(task, "is being tried again") : await RefusedAsync(task, "tried again", cancellation);

    public async Task<bool> KillAndRetryAsync(long task, TimeSpan patience, CancellationToken cancellation)
    {
        if (await client.FinishAsync(task, soft: false, cancellation))
        {
            Say(task, "ends its jobs");
        }

        DateTimeOffset deadline = context.Time.GetUtcNow() + patience;
        for (TimeSpan pause = FirstPause; ; pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause)
        {
            string? status = await client.FindStatusAsync(task, cancellation);
            if (status is null or "finished" or "failed" or "done" or "aborted" or "broken" or "exhausted")
            {
                return await RetryAsync(task, cancellation);
            }

            if (context.Time.GetUtcNow() >= deadline)
            {
                context.Error.WriteLine($"error: task {task} still is {status} after {patience.TotalSeconds:0} s: try 'hpo tasks retry {task}' later");
                return false;
            }

            await Task.Delay(pause, context.Time, cancellation);
        }
    }

    private bool Say(long task, string what)
    {
        context.Output.WriteLine($"task {task} {what}");
        return true;
    }

    private async Task<bool> RefusedAsync(long task, string what, CancellationToken cancellation)
    {
        context.Error.WriteLine($"error: task {task} cannot be {what}: it is {await client.FindStatusAsync(task, cancellation) ?? "unknown"}");
        return false;
    }
}
