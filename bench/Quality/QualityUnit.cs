using HpoServerless.Engine.Errors;

namespace HpoServerless.Bench.Quality;

/// <summary>One contestant on one problem with one seed.</summary>
internal sealed record QualityUnit(IContestant Contestant, ProblemFactory Problem, ulong Seed)
{
    /// <summary>Null before the run, and where the contestant cannot search the space.</summary>
    public QualityOutcome? Outcome { get; private set; }

    /// <summary>Why the contestant cannot search the space.</summary>
    public string? Unsupported { get; private set; }

    public void Run(int evaluations, int parallel)
    {
        try
        {
            Outcome = Contestant.Run(Problem.For(Seed), Seed, evaluations, parallel);
        }
        catch (UnsupportedSpaceException error)
        {
            Unsupported = error.Message;
        }
    }
}
