using System.Globalization;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>Walks over the configurations of a finite space in the order of an odometer whose last active parameter turns fastest.</summary>
/// <remarks>
/// Parameters are placed parents first. An inactive parameter rests at its first value and does not turn, so no configuration comes twice.
/// </remarks>
internal sealed class GridWalk
{
    private readonly SearchSpace _space;
    private readonly IReadOnlyList<ParameterValue>[] _values;
    private readonly int[] _digits;
    private ParameterValue[] _current;
    private long _index;

    /// <exception cref="Errors.UnsupportedSpaceException">A parameter has infinitely many values.</exception>
    public GridWalk(SearchSpace space)
    {
        GridSearcher.RequireSpace(space);
        _space = space;
        _values = [.. space.Parameters.Select(parameter => parameter.GridValues!)];
        _digits = new int[_values.Length];
        _current = Fill();
    }

    /// <summary>The configuration the walk stands on.</summary>
    public Configuration Current => _space.Compose(_current);

    /// <summary>Where the walk stands, for <see cref="Seek"/>; null where it is not needed.</summary>
    public string? Bookmark => _space.IsConditional ? $"{_index}:{string.Join(',', _digits)}" : null;

    /// <summary>Goes to a configuration.</summary>
    /// <param name="index">0-based.</param>
    /// <param name="bookmark">Where an earlier walk stood, or null; used if it is not behind the goal.</param>
    /// <returns>False if the grid is shorter.</returns>
    public bool Seek(long index, string? bookmark)
    {
        if (!_space.IsConditional)
        {
            return Jump(index);
        }

        if (bookmark?.Split(':') is [string place, string digits] && long.Parse(place, CultureInfo.InvariantCulture) is long known && known <= index)
        {
            _index = known;
            digits.Split(',').Select(digit => int.Parse(digit, CultureInfo.InvariantCulture)).ToArray().CopyTo(_digits, 0);
            _current = Fill();
        }

        while (_index < index)
        {
            if (!MoveNext())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Goes one configuration on.</summary>
    /// <returns>False, without moving, at the last one.</returns>
    public bool MoveNext()
    {
        ReadOnlySpan<int> order = _space.ParentsFirst;
        for (int place = order.Length - 1; place >= 0; place--)
        {
            int turning = order[place];
            if (!_current[turning].IsAbsent && _digits[turning] + 1 < _values[turning].Count)
            {
                _digits[turning]++;
                foreach (int later in order[(place + 1)..])
                {
                    _digits[later] = 0;
                }

                _index++;
                _current = Fill();
                return true;
            }
        }

        return false;
    }

    private bool Jump(long index)
    {
        for (int i = _digits.Length - 1; i >= 0; i--)
        {
            _digits[i] = (int)(index % _values[i].Count);
            index /= _values[i].Count;
        }

        _current = Fill();
        return index == 0;
    }

    private ParameterValue[] Fill() => _space.Activate(i => _values[i][_digits[i]]);
}
