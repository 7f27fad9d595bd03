using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The commands <c>tasks</c>: what became of tasks on the grid, and their ends.</summary>
internal static class TasksCommand
{
    private const double LongestSeconds = 3e7;

    public static IEnumerable<Command> Create(CliContext context)
    {
        yield return new Command("tasks", "Tasks of a PanDA grid: show them, end them, try them again. Who asks is read from the environment as by PanDA's own client (X509_USER_PROXY; or PANDA_AUTH=oidc with PANDA_AUTH_VO).")
        {
            TaskShow.Create(context),
            Ending("kill", "End tasks. That takes PanDA minutes.", context, (commands, task, cancellation) => commands.KillAsync(task, cancellation)),
            Ending("retry", "Run the failed jobs of tasks again. PanDA does that with finished, failed and exhausted tasks only.", context, (commands, task, cancellation) => commands.RetryAsync(task, cancellation)),
            AndRetry(context),
        };
    }

    private static CliCommand AndRetry(CliContext context)
    {
        Option<double> wait = new("--wait") { Description = "How long the ending of the jobs is waited for.", HelpName = "SECONDS", DefaultValueFactory = static _ => 1800 };
        Argument<string[]> ids = Ids();
        CliCommand command = new(
            "killAndRetry",
            "End the jobs of tasks, wait until that is done, and run what has failed again. (A task that is killed for good cannot be tried again, so its jobs are ended and not the task.)",
            "hpo tasks killAndRetry 12345678")
        {
            ids,
            wait,
        };
        command.Aliases.Add("kill_and_retry");
        command.SetAction((parsed, cancellation) =>
        {
            double patience = parsed.GetValue(wait);
            Fault[] faults = patience is >= 0 and <= LongestSeconds ? [] : [new(wait.Name, patience.ToString(CultureInfo.InvariantCulture), "must be a number of seconds from 0 to 3e7")];
            return RunAsync(context, parsed.GetRequiredValue(ids), (commands, task, stop) => commands.KillAndRetryAsync(task, TimeSpan.FromSeconds(patience), stop), faults, cancellation);
        });
        return command;
    }

    private static CliCommand Ending(string name, string description, CliContext context, Func<TaskEndings, long, CancellationToken, Task<bool>> action)
    {
        Argument<string[]> ids = Ids();
        CliCommand command = new(name, description, $"hpo tasks {name} 12345678 12345679") { ids };
        command.SetAction((parsed, cancellation) => RunAsync(context, parsed.GetRequiredValue(ids), action, [], cancellation));
        return command;
    }

    private static Argument<string[]> Ids() => new("ID") { Description = "Numbers of tasks (JediTaskID).", Arity = ArgumentArity.OneOrMore };

    /// <returns>Done where all went well; what went wrong with one does not keep the others from it.</returns>
    private static async Task<int> RunAsync(CliContext context, string[] given, Func<TaskEndings, long, CancellationToken, Task<bool>> action, IEnumerable<Fault> wrong, CancellationToken cancellation)
    {
        long[] ids = [.. given.Select(id => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0)];
        Fault[] faults = [.. wrong, .. given.Zip(ids).Where(id => id.Second < 1).Select(id => new Fault("ID", JsonSerializer.Serialize(id.First), "must be the number of a task, at least 1"))];
        if (faults.Length > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        using PandaClient client = new(PandaConnection.FromEnvironment(context.Variable), context.Time, context.IsErrorTerminal ? context.Error.WriteLine : null);
        TaskEndings endings = new(client, context);
        bool allWell = true;
        foreach (long id in ids)
        {
            try
            {
                allWell &= await action(endings, id, cancellation);
            }
            catch (PandaException error)
            {
                context.Error.WriteLine($"error: task {id}: {error.Message}");
                allWell = false;
            }
        }

        return allWell ? ExitCode.Done : ExitCode.Service;
    }
}
