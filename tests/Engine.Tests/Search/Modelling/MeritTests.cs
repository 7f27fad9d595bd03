using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Modelling;

public sealed class MeritTests
{
    [Fact]
    public void BestFirst_sorts_by_value_then_violation_then_failure()
    {
        EvaluatedPoint[] points = [At(1, null), At(2, -5, 2), At(3, 1), At(4, -9, 3), At(5, 0, -1), At(6, 1, 0), At(7, null)];

        Assert.Equal([5, 3, 6, 2, 4, 1, 7], points.OrderBy(point => point, Merit.BestFirst).Select(point => point.Trial));
    }

    [Fact]
    public void Best_is_the_earliest_of_the_best_and_never_a_failed_one()
    {
        Assert.Equal(2, Merit.Best([At(1, 4), At(2, 3), At(3, 3)])!.Trial);
        Assert.Null(Merit.Best([At(1, null)]));
        Assert.Null(Merit.Best([]));
    }

    private static EvaluatedPoint At(int trial, double? value, params double[] constraints) =>
        new(new(trial, Configuration.Of(("x", ParameterValue.Of(trial))), value) { Constraints = [.. constraints] }, [0.5]);
}
