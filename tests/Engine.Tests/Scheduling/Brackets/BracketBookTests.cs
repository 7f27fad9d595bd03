using System.Text;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Scheduling.Brackets;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Brackets;

public sealed class BracketBookTests
{
    private const int Bound = 64 * 1024;

    [Fact]
    public void What_is_remembered_survives_as_text()
    {
        Bracket bracket = new() { Iteration = 3, Level = 2, Members = [17, 5, 100_000, 5000], Places = 4, Cut = new(2, 7, 1, 1, -1.0 / 3e7), Losers = [1, 2, 3, 99] };
        BracketBook book = new() { Opened = 5, Next = 100_001, Open = [bracket, new() { Iteration = 4, Places = 1, Members = [6] }, new() { Iteration = 5, Level = 1, Cut = new(0, 0, 3, 0, null) }] };

        BracketBook read = BracketBook.Parse(book.ToText());

        Assert.Equal(book.ToText(), read.ToText());
        Assert.Equal((5, 100_001, 3), (read.Opened, read.Next, read.Open.Length));
        Assert.Equal(bracket.Members.AsEnumerable(), read.Open[0].Members);
        Assert.Equal(bracket.Losers.AsEnumerable(), read.Open[0].Losers);
        Assert.Equal((3, 2, 4, bracket.Cut), (read.Open[0].Iteration, read.Open[0].Level, read.Open[0].Places, read.Open[0].Cut));
        Assert.Equal((null, 1, new LevelCut(0, 0, 3, 0, null)), (read.Open[1].Cut, read.Open[1].Places, read.Open[2].Cut));
        Assert.Equal(1, read.PositionOf(6));
        Assert.Null(read.PositionOf(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void Ten_thousand_trials_in_any_order_are_remembered_within_the_bound(int brackets)
    {
        SeededRandom random = SeededRandom.For(1, "book", 0);
        int[] shuffled = [.. Enumerable.Range(1, 10_000).OrderBy(_ => random.NextUnit())];
        BracketBook book = new()
        {
            Opened = 10_000,
            Next = 10_001,
            Open = [.. shuffled.Chunk(10_000 / brackets).Select((trials, i) => new Bracket { Iteration = i + 1000, Level = 1, Places = 5, Members = [.. trials], Cut = new(5, 10, 1, 1, Math.PI) })],
        };

        Assert.InRange(Encoding.UTF8.GetByteCount(book.ToText()), 1, Bound);
    }

    /// <summary>As many trials as an experiment may have in 500 slots; a few never report, so that brackets stay open.</summary>
    [Theory]
    [InlineData("hyperband", "{}")]
    [InlineData("custom_brackets", """{"num_configs_list": [[1]], "budgets_list": [[5]]}""")]
    [InlineData("custom_brackets", """{"num_configs_list": [[5000, 5000, 2500, 1]], "budgets_list": [[1, 2, 3, 4]]}""")]
    public void State_stays_small_over_ten_thousand_trials(string scheduler, string options)
    {
        PlayedBrackets play = new(scheduler, options, 10_000) { Slots = 500, Same = TrialSchedulerRegistry.Create(scheduler, Given.Json(options)) };
        int largest = 0;
        play.Decide();
        for (int round = 1; play.Running.Count > 0 || play.Paused.Count > 0; round++)
        {
            Assert.True(round < 5000, "it never ends");
            foreach (int trial in play.Running.Where(trial => round > 400 || trial % 211 != 0).ToArray())
            {
                play.Report(trial, (trial * 7919) % 10_007);
            }

            play.Decide();
            largest = Math.Max(largest, Encoding.UTF8.GetByteCount(play.State!));
            play.Decide();
        }

        Assert.Equal(10_000, play.Count);
        Assert.InRange(largest, 1, Bound);
    }
}
