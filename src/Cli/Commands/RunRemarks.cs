using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands;

/// <summary>Tells people, beside the output, what they should know before an experiment runs.</summary>
internal static class RunRemarks
{
    /// <summary>What a configuration allows and hardly means.</summary>
    public static void Print(CliContext context, HpoConfig config)
    {
        foreach (string remark in config.Remarks())
        {
            context.Error.WriteLine($"warning: {remark}");
        }
    }

    /// <summary>What an experiment begins with.</summary>
    public static void Print(CliContext context, WarmStartView? warmStart)
    {
        if (warmStart is null)
        {
            return;
        }

        context.Error.WriteLine($"warm start: {warmStart}");
        if (warmStart.Continues is { } continues)
        {
            context.Error.WriteLine($"the experiment {continues}");
        }
    }
}
