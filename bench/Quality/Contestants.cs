using HpoServerless.Engine.Search;

namespace HpoServerless.Bench.Quality;

/// <summary>Who runs experiments on the problems: one of our algorithms, or another package's.</summary>
internal interface IContestant
{
    /// <summary>Name of its column.</summary>
    string Label { get; }

    /// <exception cref="Engine.Errors.UnsupportedSpaceException">It cannot search the problem's space.</exception>
    QualityOutcome Run(Problem problem, ulong seed, int evaluations, int parallel);
}

/// <summary>An algorithm of the registry; each experiment has a searcher of its own.</summary>
internal sealed record RegisteredContestant(Algorithm Algorithm) : IContestant
{
    public string Label => Algorithm.Label;

    public QualityOutcome Run(Problem problem, ulong seed, int evaluations, int parallel) =>
        new QualityRun(problem, SearcherRegistry.Create(Algorithm.Name, Algorithm.Options, problem.Space), seed, evaluations, parallel).Run();
}

/// <summary>A sampler of the Optuna that is installed here.</summary>
internal sealed record OptunaContestant(OptunaPool Pool, string Sampler) : IContestant
{
    public static readonly string[] Samplers = ["random", "tpe", "tpe_mv", "cmaes"];

    public string Label => $"optuna {Pool.Version} {Sampler}";

    public QualityOutcome Run(Problem problem, ulong seed, int evaluations, int parallel)
    {
        OptunaProcess process = Pool.Rent();
        OptunaSearcher searcher = new(process, Sampler, problem.Space, seed);
        QualityOutcome outcome = new QualityRun(problem, searcher, seed, evaluations, parallel).Run();
        Pool.Return(process);
        return outcome with { Milliseconds = searcher.Milliseconds / Math.Max(1, outcome.Evaluations) };
    }
}
