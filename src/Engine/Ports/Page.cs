using System.Collections.Immutable;

namespace HpoServerless.Engine.Ports;

/// <summary>Which part of a list is wanted.</summary>
/// <param name="Size">At most this many items; 1 to 1000.</param>
/// <param name="Continuation">Where the page before ended, as it was given; null for the first page.</param>
public sealed record PageRequest(int Size = 100, string? Continuation = null);

/// <summary>Part of a list.</summary>
/// <param name="Items">The items, in the list's order. May be fewer than wanted although more follow.</param>
/// <param name="Continuation">Where to go on; null at the end of the list.</param>
public sealed record Page<T>(ImmutableArray<T> Items, string? Continuation = null);
