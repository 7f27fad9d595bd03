namespace HpoServerless.Engine.Space;

/// <summary>Parameter names with their positions, shared by all configurations of a space.</summary>
internal sealed class NameTable
{
    /// <summary>Up to here a walk over the names is faster than hashing.</summary>
    private const int WalkLimit = 8;

    private readonly string[] _names;
    private readonly Dictionary<string, int>? _positions;

    /// <param name="names">Distinct; owned by the table from now on.</param>
    public NameTable(string[] names)
    {
        _names = names;
        if (names.Length > WalkLimit)
        {
            _positions = names.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        }
    }

    public int Count => _names.Length;

    public string this[int position] => _names[position];

    /// <summary>Position of a name, or -1.</summary>
    public int PositionOf(string name) => _positions is null
        ? Array.IndexOf(_names, name)
        : _positions.GetValueOrDefault(name, -1);
}
