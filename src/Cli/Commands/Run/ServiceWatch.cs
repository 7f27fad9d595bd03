using System.Runtime.CompilerServices;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Follows an experiment of a service until it ends. Servers restart: one that does not answer is waited for.</summary>
internal sealed class ServiceWatch(CliContext context, IExperimentClient client)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestOutage = TimeSpan.FromMinutes(2);

    /// <summary>One look after another, the last one at the ended experiment.</summary>
    /// <exception cref="UnavailableException">The service did not answer for two minutes.</exception>
    public async IAsyncEnumerable<ExperimentView> LooksAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int turn = -1;
        for (TimeSpan pause = ShortestPause; ; pause = Longer(pause))
        {
            ExperimentView view = await LookAsync(id, cancellation);
            yield return view;
            if (view.EndedAt is not null)
            {
                break;
            }

            pause = view.Turn == turn ? pause : ShortestPause;
            turn = view.Turn;
            await Task.Delay(pause, context.Time, cancellation);
        }
    }

    private async Task<ExperimentView> LookAsync(string id, CancellationToken cancellation)
    {
        long began = context.Time.GetTimestamp();
        for (TimeSpan pause = ShortestPause; ; pause = Longer(pause))
        {
            try
            {
                return await client.FindAsync(id, cancellation);
            }
            catch (UnavailableException error) when (context.Time.GetElapsedTime(began) < LongestOutage)
            {
                if (pause == ShortestPause)
                {
                    context.Error.WriteLine($"waiting: {error.Message.ReplaceLineEndings(" ")}");
                }
            }

            await Task.Delay(pause, context.Time, cancellation);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
}
