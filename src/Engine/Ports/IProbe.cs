namespace HpoServerless.Engine.Ports;

/// <summary>Something elsewhere that can be asked whether it answers.</summary>
public interface IProbe
{
    /// <summary>Asks. Changes nothing, costs little, and throws where there is no answer.</summary>
    Task ProbeAsync(CancellationToken cancellation);
}
