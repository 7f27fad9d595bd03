using System.Collections.Immutable;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>One algorithm of the registry.</summary>
/// <param name="Name">Name in experiment files; also <see cref="ISearcher.Name"/> of what is made, unless it is a front.</param>
/// <param name="Create">Makes the searcher of its options; it must ask for every option it knows, because the others are refused.</param>
internal sealed record SearcherEntry(string Name, Func<OptionReader, ISearcher> Create)
{
    /// <summary>Other names for it.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Whether this is another package's name for algorithms of ours: what is made has one of their names.</summary>
    public bool IsFront { get; init; }

    /// <summary>Whether it honours <c>grid_search: 1</c>.</summary>
    public bool WalksMarkedGrids { get; init; }

    /// <summary>Whether it searches for several objectives at once, or looks at no result at all.</summary>
    public bool MultiObjective { get; init; }

    /// <summary>Whether it honours constraints, or looks at no result at all.</summary>
    public bool Constraints { get; init; }

    /// <summary>Throws UnsupportedSpaceException for a space that the algorithm cannot search.</summary>
    public Action<SearchSpace> RequireSpace { get; init; } = _ => { };
}
