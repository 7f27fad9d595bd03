using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Evolution.Pso;

/// <summary>What users may set.</summary>
/// <param name="Swarm">Particles; 0 for the algorithm's choice.</param>
/// <param name="Inertia">w: how much of its velocity a particle keeps.</param>
/// <param name="Cognitive">c1: pull of the best place it has seen itself.</param>
/// <param name="Social">c2: pull of the best place of all.</param>
internal sealed record PsoOptions(int Swarm = 0, double Inertia = 0.5, double Cognitive = 1, double Social = 1.5)
{
    /// <summary>Reads them.</summary>
    public static PsoOptions Read(OptionReader options)
    {
        PsoOptions defaults = new();
        return new(
            PopulationOptions.Read(options, "swarm_size", least: 2),
            options.Number("inertia", defaults.Inertia, v => v is >= 0 and < 1, "must be at least 0 and below 1"),
            options.Number("c1", defaults.Cognitive, v => v is >= 0 and <= 4, "must be from 0 to 4"),
            options.Number("c2", defaults.Social, v => v is >= 0 and <= 4, "must be from 0 to 4"));
    }
}
