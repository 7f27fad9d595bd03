namespace HpoServerless.Engine.Ports;

/// <summary>How trials that run elsewhere reach this installation.</summary>
public interface ITrialAccess
{
    /// <summary>Where the HTTP API is, without <c>/api</c>; null where nothing can reach it.</summary>
    Uri? Address { get; }

    /// <summary>The token of a trial: a secret that opens this trial and nothing else.</summary>
    string TokenOf(string experiment, int trial);
}
