namespace HpoServerless.Engine.Search.Trees;

/// <summary>Divides rows by one coordinate.</summary>
/// <param name="Axis">Which coordinate.</param>
/// <param name="Threshold">Numbers up to it go left; not used where there is a set of categories.</param>
/// <param name="Categories">Bit c says that category c goes left; null on a numeric axis.</param>
/// <param name="InactiveLeft">Whether rows in which the coordinate is inactive go left.</param>
internal readonly record struct Cut(int Axis, double Threshold, ulong[]? Categories, bool InactiveLeft)
{
    /// <summary>Where a coordinate goes.</summary>
    public bool GoesLeft(double value)
    {
        if (double.IsNaN(value))
        {
            return InactiveLeft;
        }

        return Categories is null ? value <= Threshold : (Categories[(int)value >> 6] >> ((int)value & 63) & 1) != 0;
    }
}
