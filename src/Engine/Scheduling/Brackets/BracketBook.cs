using System.Collections.Immutable;
using System.Globalization;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>What <see cref="BracketScheduler"/> remembers: the brackets that are open.</summary>
internal sealed class BracketBook
{
    private readonly Lazy<Dictionary<int, int>> _bracketOf;

    public BracketBook() => _bracketOf = new(IndexByTrial);

    /// <summary>How many brackets were opened so far.</summary>
    public int Opened { get; init; }

    /// <summary>Number that the next trial gets if all that were to be started were created.</summary>
    public int Next { get; init; } = 1;

    /// <summary>Brackets that are not over, oldest first.</summary>
    public ImmutableArray<Bracket> Open { get; init; } = [];

    /// <summary>Position in <see cref="Open"/> of the bracket that a trial is played in; null where it is in none.</summary>
    public int? PositionOf(int trial) => _bracketOf.Value.TryGetValue(trial, out int position) ? position : null;

    /// <summary>What is left where the search proposed fewer trials than were to be started, or no more can be created.</summary>
    /// <param name="nextTrial">Number that the next trial gets.</param>
    /// <param name="canCreate">Whether there may be new trials; else places that are free stay so.</param>
    /// <returns>This object where nothing changes.</returns>
    public BracketBook Reconciled(int nextTrial, bool canCreate)
    {
        if (nextTrial >= Next && (canCreate || Open.All(bracket => bracket.Places == 0)))
        {
            return this;
        }

        // Brackets that got no trial are the youngest: they are opened again when there are trials for them.
        ImmutableArray<Bracket> open = [.. Open.Select(Left).TakeWhile(bracket => bracket.Level > 0 || !bracket.Members.IsEmpty)];
        return new() { Opened = Opened - (Open.Length - open.Length), Next = nextTrial, Open = open };

        Bracket Left(Bracket bracket)
        {
            ImmutableArray<int> created = bracket.Members.RemoveAll(trial => trial >= nextTrial);
            return bracket with { Members = created, Places = canCreate ? bracket.Places + bracket.Members.Length - created.Length : 0 };
        }
    }

    /// <summary>Reads what <see cref="ToText"/> wrote; null for nothing.</summary>
    public static BracketBook Parse(string? text)
    {
        if (text is null)
        {
            return new();
        }

        string[] parts = text.Split(';');
        int[] head = [.. parts[0].Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        return new() { Opened = head[0], Next = head[1], Open = [.. parts.Skip(1).Select(Bracket.Parse)] };
    }

    /// <summary>As text: some thirty characters for each bracket, and one to three for each trial that is played.</summary>
    public string ToText() => string.Join(';', Open.Select(bracket => bracket.ToText()).Prepend(string.Create(CultureInfo.InvariantCulture, $"{Opened} {Next}")));

    private Dictionary<int, int> IndexByTrial()
    {
        Dictionary<int, int> positions = [];
        for (int i = 0; i < Open.Length; i++)
        {
            foreach (int trial in Open[i].Members)
            {
                positions[trial] = i;
            }
        }

        return positions;
    }
}
