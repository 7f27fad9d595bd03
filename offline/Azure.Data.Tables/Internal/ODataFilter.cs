using System.Globalization;
using System.Text;

namespace Azure.Data.Tables;

/// <summary>Filter text with each interpolated value as an OData literal of its own type.</summary>
internal static class ODataFilter
{
    public static string Create(FormattableString filter) => filter is null
        ? null
        : string.Format(CultureInfo.InvariantCulture, filter.Format, [.. filter.GetArguments().Select(Literal)]);

    private static object Literal(object value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        long or ulong => string.Create(CultureInfo.InvariantCulture, $"{value}L"),
        sbyte or byte or short or ushort or int or uint or float or double or decimal =>
            string.Create(CultureInfo.InvariantCulture, $"{value}"),
        Guid id => $"guid'{id}'",
        byte[] bytes => $"X'{Convert.ToHexString(bytes)}'",
        BinaryData data => $"X'{Convert.ToHexString(data)}'",
        DateTimeOffset time => Time(time.UtcDateTime),
        DateTime time => Time(time.ToUniversalTime()),
        string or char or StringBuilder => $"'{value.ToString().Replace("'", "''", StringComparison.Ordinal)}'",
        _ => throw new ArgumentException($"A value of type {value.GetType()} has no OData literal.", nameof(value)),
    };

    private static string Time(DateTime utc) => $"datetime'{utc.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture)}'";
}
