using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli;

/// <summary>Tells the user what went wrong: one line a fault, and the stack only on demand.</summary>
internal static class ErrorReport
{
    public static void Write(Exception error, CliContext context)
    {
        switch (error)
        {
            case OperationCanceledException:
                context.Error.WriteLine("interrupted");
                break;
            case InvalidInputException invalid:
                foreach (Fault fault in invalid.Faults)
                {
                    context.Error.WriteLine($"error: {fault}");
                }

                break;
            case HpoException or HttpRequestException:
                context.Error.WriteLine($"error: {OneLine(error)}");
                break;
            default:
                context.Error.WriteLine($"error: {error.GetType().Name}: {OneLine(error)} (HPO_DEBUG=1 shows where)");
                break;
        }

        if (context.Variable("HPO_DEBUG") == "1")
        {
            context.Error.WriteLine(error.ToString());
        }
    }

    private static string OneLine(Exception error) => error.Message.ReplaceLineEndings(" ");
}
