namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>One level of a bracket.</summary>
/// <param name="Trials">How many trials are evaluated here.</param>
/// <param name="Budget">What each may spend in all; exact.</param>
/// <param name="Step">The whole step that stands for the budget.</param>
internal readonly record struct BracketLevel(int Trials, double Budget, long Step)
{
    /// <summary>How far a trial runs that is evaluated here.</summary>
    public RunLimit Limit => new(Step, Budget == Step ? null : Budget);
}
