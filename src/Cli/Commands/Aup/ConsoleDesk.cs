using System.Globalization;
using HpoServerless.Adapters.Auptimizer;

namespace HpoServerless.Cli.Commands.Aup;

/// <summary>Asks a person at the console for the results of jobs, one job at a time.</summary>
/// <param name="context">Where to ask.</param>
/// <param name="folder">Where jobs leave their questions and look for answers.</param>
/// <param name="command">What a person may want to run.</param>
internal sealed class ConsoleDesk(CliContext context, string folder, string command)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Clears away what jobs asked that are no more.</summary>
    public void Open()
    {
        Close();
        Directory.CreateDirectory(folder);
    }

    /// <summary>Leaves nothing behind.</summary>
    public void Close()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Asks until nobody wants to know any more.</summary>
    /// <returns>False where the input ended before.</returns>
    public async Task<bool> ServeAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            foreach (string question in Directory.EnumerateFiles(folder, "*" + AupJob.QuestionEnding).Order(StringComparer.Ordinal))
            {
                if (Ask(question) is not { } answer)
                {
                    return false;
                }

                string file = Path.ChangeExtension(question, AupJob.AnswerEnding);
                File.Delete(question);
                await File.WriteAllTextAsync(file + "~", answer + "\n", CancellationToken.None);
                File.Move(file + "~", file, overwrite: true);
            }

            await Task.Delay(LookEvery, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    /// <returns>Numbers, separated by commas; null where the input has ended.</returns>
    private string? Ask(string question)
    {
        context.Error.WriteLine($"job {Path.GetFileName(question).Split('-')[0]}: {command} {question}");
        context.Error.WriteLine(File.ReadAllText(question).Trim());
        while (true)
        {
            context.Error.Write($"{AupReader.Metric}: ");
            context.Error.Flush();
            if (context.Input.ReadLine() is not { } line)
            {
                context.Error.WriteLine();
                return null;
            }

            string[] numbers = line.Split(',', StringSplitOptions.TrimEntries);
            if (numbers.All(number => double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)))
            {
                return string.Join(',', numbers);
            }

            context.Error.WriteLine($"\"{line}\" must be a number, or numbers separated by commas of which the first is the {AupReader.Metric}");
        }
    }
}
