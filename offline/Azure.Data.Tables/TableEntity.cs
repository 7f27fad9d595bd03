using System.Collections;

namespace Azure.Data.Tables;

public sealed class TableEntity : ITableEntity, IDictionary<string, object>
{
    private readonly Dictionary<string, object> _properties;

    public TableEntity()
        : this(null)
    {
    }

    public TableEntity(string partitionKey, string rowKey)
        : this(null)
    {
        PartitionKey = partitionKey;
        RowKey = rowKey;
    }

    public TableEntity(IDictionary<string, object> values) => _properties = values is null ? [] : new(values);

    public string PartitionKey
    {
        get => GetString(Names.PartitionKey);
        set => _properties[Names.PartitionKey] = value;
    }

    public string RowKey
    {
        get => GetString(Names.RowKey);
        set => _properties[Names.RowKey] = value;
    }

    public DateTimeOffset? Timestamp
    {
        get => GetDateTimeOffset(Names.Timestamp);
        set => _properties[Names.Timestamp] = value;
    }

    public ETag ETag
    {
        get => new(GetString(Names.ETag));
        set => _properties[Names.ETag] = value.ToString();
    }

    public int Count => _properties.Count;

    public ICollection<string> Keys => _properties.Keys;

    ICollection<object> IDictionary<string, object>.Values => _properties.Values;

    bool ICollection<KeyValuePair<string, object>>.IsReadOnly => false;

    public object this[string key]
    {
        get => Read(key);
        set => _properties[key] = value is not null && Read(key) is { } present ? Coerce(present, value) : value;
    }

    public string GetString(string key) => Read<string>(key);

    public byte[] GetBinary(string key) => Read(key) switch
    {
        null => null,
        BinaryData data => data.ToArray(),
        object value => Enforce<byte[]>(value),
    };

    public BinaryData GetBinaryData(string key) => Read(key) switch
    {
        null => null,
        byte[] bytes => new BinaryData(bytes),
        object value => Enforce<BinaryData>(value),
    };

    public bool? GetBoolean(string key) => Read<bool?>(key);

    public DateTime? GetDateTime(string key) => Read(key) switch
    {
        null => null,
        DateTimeOffset time => time.UtcDateTime,
        object value => Enforce<DateTime>(value),
    };

    public DateTimeOffset? GetDateTimeOffset(string key) => Read(key) switch
    {
        null => null,
        DateTime time => new DateTimeOffset(time),
        object value => Enforce<DateTimeOffset>(value),
    };

    public double? GetDouble(string key) => Read<double?>(key);

    public Guid? GetGuid(string key) => Read<Guid?>(key);

    public int? GetInt32(string key) => Read<int?>(key);

    public long? GetInt64(string key) => Read<long?>(key);

    public void Add(string key, object value) => _properties.Add(key, value);

    public void Clear() => _properties.Clear();

    public bool ContainsKey(string key) => _properties.ContainsKey(key);

    public bool Remove(string key) => _properties.Remove(key);

    public bool TryGetValue(string key, out object value) => _properties.TryGetValue(key, out value);

    void ICollection<KeyValuePair<string, object>>.Add(KeyValuePair<string, object> item) => _properties.Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<string, object>>.Contains(KeyValuePair<string, object> item) => _properties.Contains(item);

    void ICollection<KeyValuePair<string, object>>.CopyTo(KeyValuePair<string, object>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<string, object>>)_properties).CopyTo(array, arrayIndex);

    bool ICollection<KeyValuePair<string, object>>.Remove(KeyValuePair<string, object> item) =>
        ((ICollection<KeyValuePair<string, object>>)_properties).Remove(item);

    IEnumerator<KeyValuePair<string, object>> IEnumerable<KeyValuePair<string, object>>.GetEnumerator() => _properties.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _properties.GetEnumerator();

    private object Read(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _properties.GetValueOrDefault(key);
    }

    private T Read<T>(string key) => Read(key) is { } value ? Enforce<T>(value) : default;

    private static T Enforce<T>(object value) => value is T wanted
        ? wanted
        : throw new InvalidOperationException($"The property is of type {value.GetType()} and cannot be read as {typeof(T)}.");

    /// <summary>A property keeps its type; only integers widen, on either side.</summary>
    private static object Coerce(object present, object value) => (present, value) switch
    {
        _ when present.GetType().IsAssignableFrom(value.GetType()) => value,
        (int, double or long) => value,
        (double, int number) => (double)number,
        (long, int number) => (long)number,
        _ => throw new InvalidOperationException($"A property of type {present.GetType()} cannot take a value of type {value.GetType()}."),
    };
}
