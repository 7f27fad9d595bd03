using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;

namespace HpoServerless.Bench.Quality;

/// <summary>One algorithm on one problem with one seed.</summary>
internal sealed record QualityUnit(Algorithm Algorithm, ProblemFactory Problem, ulong Seed)
{
    /// <summary>Null before the run, and where the algorithm cannot search the space.</summary>
    public QualityOutcome? Outcome { get; private set; }

    /// <summary>Why the algorithm cannot search the space.</summary>
    public string? Unsupported { get; private set; }

    public void Run(int evaluations, int parallel)
    {
        Problem problem = Problem.For(Seed);
        try
        {
            ISearcher searcher = SearcherRegistry.Create(Algorithm.Name, Algorithm.Options, problem.Space);
            Outcome = new QualityRun(problem, searcher, Seed, evaluations, parallel).Run();
        }
        catch (UnsupportedSpaceException error)
        {
            Unsupported = error.Message;
        }
    }
}
