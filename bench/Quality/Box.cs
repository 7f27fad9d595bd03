using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>A function on a box of real numbers, with one of its minimisers.</summary>
/// <param name="Function">Of the coordinates; defined, and nowhere below the optimum, outside the box as well if it is to be shifted.</param>
/// <param name="Optimum">Smallest value, as far as it is known.</param>
/// <param name="Minimiser">Where it is taken; shape [d].</param>
/// <param name="Bounds">Of each coordinate; shape [d].</param>
internal sealed record Box(Func<double[], double> Function, double Optimum, double[] Minimiser, params (double Low, double High)[] Bounds)
{
    /// <summary>The same bounds and the same coordinate of the minimiser on every axis.</summary>
    public static Box Cube(Func<double[], double> function, int dimension, double low, double high, double minimiser, double optimum = 0) =>
        new(function, optimum, [.. Enumerable.Repeat(minimiser, dimension)], [.. Enumerable.Repeat((low, high), dimension)]);

    public Problem AsItIs() => Moved(new double[Minimiser.Length]);

    /// <summary>The function moved so that its minimiser lies anywhere in the inner 80 % of the same box.</summary>
    public Problem Shifted(SeededRandom random) =>
        Moved([.. Bounds.Zip(Minimiser, (b, x) => b.Low + ((0.1 + (0.8 * random.NextUnit())) * (b.High - b.Low)) - x)]);

    private Problem Moved(double[] shift)
    {
        string[] names = [.. Bounds.Select((_, i) => $"x{i}")];
        return new(
            new([.. Bounds.Select((b, i) => new UniformParameter(names[i], b.Low, b.High))]),
            configuration => Function([.. names.Select((name, i) => configuration[name].AsDouble() - shift[i])]),
            Optimum,
            new(names.Select((name, i) => KeyValuePair.Create(name, ParameterValue.Of(Minimiser[i] + shift[i])))));
    }
}
