using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.Serialization;

namespace Azure.Data.Tables;

/// <summary>Own entity classes as properties and back: public read-write properties under their own or their DataMember name.</summary>
internal static class EntityBinder
{
    private static readonly ConcurrentDictionary<Type, (string Name, PropertyInfo Property)[]> Members = new();

    public static IEnumerable<KeyValuePair<string, object>> ToProperties(ITableEntity entity) =>
        entity as IDictionary<string, object>
        ?? Members.GetOrAdd(entity.GetType(), FindMembers)
            .Where(static member => member.Name != nameof(ITableEntity.ETag))
            .Select(member => KeyValuePair.Create(member.Name, ToStored(member.Property.GetValue(entity))));

    public static T ToEntity<T>(Dictionary<string, object> properties)
        where T : class, ITableEntity
    {
        if (typeof(T) == typeof(TableEntity) || typeof(T) == typeof(ITableEntity))
        {
            return (T)(ITableEntity)new TableEntity(properties);
        }

        T entity = Activator.CreateInstance<T>();
        if (entity is IDictionary<string, object> dictionary)
        {
            foreach ((string name, object value) in properties)
            {
                dictionary[name] = value;
            }

            return entity;
        }

        foreach ((string name, PropertyInfo property) in Members.GetOrAdd(typeof(T), FindMembers))
        {
            if (properties.TryGetValue(name, out object value) && value is not null)
            {
                property.SetValue(entity, FromStored(value, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType));
            }
        }

        entity.ETag = new ETag((string)properties.GetValueOrDefault(Names.ETag));
        return entity;
    }

    private static (string Name, PropertyInfo Property)[] FindMembers(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(static p => p is { CanRead: true, CanWrite: true } && p.GetIndexParameters().Length == 0)
            .Where(static p => p.GetCustomAttribute<IgnoreDataMemberAttribute>() is null)
            .Select(static p => (p.GetCustomAttribute<DataMemberAttribute>()?.Name ?? p.Name, p)),
    ];

    private static object ToStored(object value) => value is Enum ? value.ToString() : value;

    private static object FromStored(object value, Type type) => value switch
    {
        _ when type.IsInstanceOfType(value) => value,
        string text when type.IsEnum => Enum.Parse(type, text),
        byte[] bytes when type == typeof(BinaryData) => new BinaryData(bytes),
        DateTimeOffset time when type == typeof(DateTime) => time.UtcDateTime,
        _ => Convert.ChangeType(value, type, CultureInfo.InvariantCulture),
    };
}
