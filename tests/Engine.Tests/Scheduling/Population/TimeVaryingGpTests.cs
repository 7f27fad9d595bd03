using HpoServerless.Engine.Scheduling.Population;

namespace HpoServerless.Engine.Tests.Scheduling.Population;

public sealed class TimeVaryingGpTests
{
    [Fact]
    public void It_goes_through_what_it_knows_and_is_unsure_elsewhere()
    {
        TimeVaryingGp model = TimeVaryingGp.Fit([.. Enumerable.Range(0, 11).Select(i => ((double[])[i / 10.0], 1.0))], [.. Enumerable.Range(0, 11).Select(i => Math.Sin(i / 3.0))]);

        Assert.Equal(Math.Sin(5 / 3.0), model.Predict([0.5], 1).Mean, 0.05);
        Assert.True(model.Predict([0.5], 1).Deviation < model.Predict([3], 1).Deviation);
    }

    [Fact]
    public void What_lies_long_ago_counts_less()
    {
        // At one point the value was -1 for long and is 1 now.
        TimeVaryingGp model = TimeVaryingGp.Fit([.. Enumerable.Range(0, 20).Select(i => ((double[])[0.5], (double)i))], [.. Enumerable.Range(0, 20).Select(i => i < 15 ? -1.0 : 1)]);

        Assert.True(model.Predict([0.5], 20).Mean > 0.5);
        Assert.True(model.Predict([0.5], 5).Mean < -0.5);
        Assert.True(model.Predict([0.5], 40).Deviation > model.Predict([0.5], 20).Deviation);
    }

    [Fact]
    public void A_believed_point_lowers_the_deviation_and_keeps_the_mean()
    {
        TimeVaryingGp model = TimeVaryingGp.Fit([([0.0], 1), ([0.2], 1), ([0.9], 2), ([0.4], 2)], [1, 2, 0, 1.5]);
        (double mean, double deviation) = model.Predict([0.6], 3);

        model.Believe([0.6], 3);

        Assert.Equal(mean, model.Predict([0.6], 3).Mean, 1e-9);
        Assert.True(model.Predict([0.6], 3).Deviation < deviation);
    }
}
