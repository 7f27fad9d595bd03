using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores;

/// <summary>Pages of lists that are at hand in memory. A continuation names the last item given, so that lists may change between pages.</summary>
internal static class Paging
{
    /// <summary>Largest page.</summary>
    public const int MaxSize = 1000;

    /// <summary>One page of experiments: newest first; by id where they are as old as each other.</summary>
    public static Page<ExperimentKey> Newest(IEnumerable<ExperimentKey> all, PageRequest page)
    {
        int size = CheckSize(page);
        ExperimentKey? last = page.Continuation is null ? null : ExperimentKey.Parse(page.Continuation) ?? throw Foreign(page);
        ImmutableArray<ExperimentKey> items =
        [
            .. all.Where(key => last is null || ExperimentKey.NewestFirst.Compare(key, last) > 0).Order(ExperimentKey.NewestFirst).Take(size + 1),
        ];
        return items.Length <= size ? new(items) : new(items[..size], items[size - 1].ToString());
    }

    /// <summary>One page of trials by ascending number.</summary>
    /// <param name="page">Which page.</param>
    /// <param name="highest">Highest number that a trial has.</param>
    /// <param name="find">A trial by its number; null where there is none.</param>
    public static Page<Trial> Trials(PageRequest page, int highest, Func<int, Trial?> find)
    {
        int size = CheckSize(page);
        ImmutableArray<Trial>.Builder items = ImmutableArray.CreateBuilder<Trial>();
        for (int number = LastTrial(page) + 1; number <= highest; number++)
        {
            if (find(number) is { } trial)
            {
                items.Add(trial);
                if (items.Count == size)
                {
                    return new(items.ToImmutable(), number < highest ? number.ToString(CultureInfo.InvariantCulture) : null);
                }
            }
        }

        return new(items.ToImmutable());
    }

    /// <summary>Number of the last trial of the page before; 0 on the first page.</summary>
    public static int LastTrial(PageRequest page) =>
        page.Continuation is null ? 0
        : int.TryParse(page.Continuation, NumberStyles.None, CultureInfo.InvariantCulture, out int last) && last < int.MaxValue ? last
        : throw Foreign(page);

    /// <summary>Refuses pages that are too small or too large.</summary>
    public static int CheckSize(PageRequest page) => page.Size is >= 1 and <= MaxSize
        ? page.Size
        : throw new InvalidInputException(new Fault("size", page.Size.ToString(CultureInfo.InvariantCulture), $"must be 1 to {MaxSize}"));

    /// <summary>What is thrown for a continuation of another list.</summary>
    public static InvalidInputException Foreign(PageRequest page) =>
        new(new Fault("continuation", $"\"{page.Continuation}\"", "must be one that a page before gave"));
}
