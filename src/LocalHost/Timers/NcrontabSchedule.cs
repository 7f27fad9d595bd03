using System.Collections.Immutable;
using System.Globalization;

namespace HpoServerless.LocalHost.Timers;

/// <summary>A timer's schedule: six fields for second, minute, hour, day of month, month, day of week (0 is Sunday), in UTC.</summary>
/// <remarks>Each field is <c>*</c>, a number, <c>a-b</c>, any of them with <c>/step</c>, or a list of those with commas. Names are not known.</remarks>
internal sealed class NcrontabSchedule
{
    private const int LongestSearchDays = 366 * 8; // 29 February comes at least once in 8 years

    private static readonly ImmutableArray<(string Name, int Low, int High)> Fields =
        [("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of week", 0, 6)];

    private readonly ImmutableArray<ImmutableSortedSet<int>> _fields;

    private NcrontabSchedule(ImmutableArray<ImmutableSortedSet<int>> fields) => _fields = fields;

    /// <exception cref="FormatException">The expression is not valid; names the field and the range.</exception>
    public static NcrontabSchedule Parse(string expression)
    {
        string[] parts = expression.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == Fields.Length
            ? new([.. parts.Select((part, i) => ParseField(expression, part, Fields[i]))])
            : throw new FormatException($"the schedule '{expression}' must have {Fields.Length} fields, has {parts.Length}");
    }

    /// <summary>The first time after the given one; null where the schedule names a day that does not exist.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        DateTimeOffset from = after.ToUniversalTime();
        DateTime day = from.Date;
        TimeSpan? time = IsDay(day) ? FirstTime(from.TimeOfDay) : null;
        for (int searched = 0; time is null && searched < LongestSearchDays; searched++)
        {
            day = day.AddDays(1);
            time = IsDay(day) ? FirstTime(null) : null;
        }

        return time is { } found ? new DateTimeOffset(day + found, TimeSpan.Zero) : null;
    }

    private static ImmutableSortedSet<int> ParseField(string expression, string text, (string Name, int Low, int High) field)
    {
        ImmutableSortedSet<int>.Builder values = ImmutableSortedSet.CreateBuilder<int>();
        foreach (string item in text.Split(','))
        {
            string[] stepped = item.Split('/');
            string[] range = stepped[0].Split('-');
            int step = stepped.Length == 2 ? Number(stepped[1]) : 1;
            int low = stepped[0] == "*" ? field.Low : Number(range[0]);
            int high = stepped[0] == "*" || (range.Length == 1 && stepped.Length == 2) ? field.High : Number(range[^1]);
            if (stepped.Length > 2 || range.Length > 2 || step < 1 || low < field.Low || high > field.High || low > high)
            {
                throw Wrong();
            }

            for (int value = low; value <= high; value += step)
            {
                values.Add(value);
            }
        }

        return values.ToImmutable();

        int Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw Wrong();
        FormatException Wrong() => new($"the schedule '{expression}': {field.Name} must lie in {field.Low} to {field.High}, was '{text}'");
    }

    private bool IsDay(DateTime day) => _fields[3].Contains(day.Day) && _fields[4].Contains(day.Month) && _fields[5].Contains((int)day.DayOfWeek);

    /// <summary>First time of a day; of the present day only what comes after <paramref name="after"/>.</summary>
    private TimeSpan? FirstTime(TimeSpan? after)
    {
        foreach (int hour in _fields[2])
        {
            foreach (int minute in _fields[1])
            {
                foreach (int second in _fields[0])
                {
                    TimeSpan time = new(hour, minute, second);
                    if (after is null || time > after)
                    {
                        return time;
                    }
                }
            }
        }

        return null;
    }
}
