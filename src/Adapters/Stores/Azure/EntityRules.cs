using System.Text.RegularExpressions;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>What the service demands of entities and transactions, checked before they are sent: the emulator lets much of it pass.</summary>
internal static partial class EntityRules
{
    /// <summary>Longest partition or row key, in characters.</summary>
    public const int MaxKeyLength = 512;

    /// <summary>Most properties, besides the keys and the timestamp.</summary>
    public const int MaxProperties = 252;

    /// <summary>Longest text, in characters.</summary>
    public const int MaxTextLength = 32_768;

    /// <summary>Longest binary property.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>Largest entity, in bytes as the service counts them.</summary>
    public const int MaxEntitySize = 1 << 20;

    /// <summary>Most operations of a transaction.</summary>
    public const int MaxOperations = 100;

    /// <summary>Largest transaction, in bytes on the wire.</summary>
    public const int MaxTransactionSize = 4 << 20;

    private const int MaxNameLength = 255;
    private const int FirstYear = 1601;

    /// <exception cref="InvalidInputException">The entity breaks a rule.</exception>
    public static void Check(TableEntity entity)
    {
        List<Fault> faults = [];
        CheckEntity(entity, faults);
        Throw(faults);
    }

    /// <exception cref="InvalidInputException">The transaction, or an entity in it, breaks a rule.</exception>
    public static void Check(IReadOnlyList<TableTransactionAction> actions)
    {
        List<Fault> faults = [];
        HashSet<string> keys = new(StringComparer.Ordinal);
        if (actions.Count is 0 or > MaxOperations)
        {
            faults.Add(new("transaction", $"{actions.Count} operations", $"must have 1 to {MaxOperations}"));
        }

        foreach (TableTransactionAction action in actions)
        {
            TableEntity entity = (TableEntity)action.Entity;
            CheckEntity(entity, faults);
            if (entity.PartitionKey != actions[0].Entity.PartitionKey)
            {
                faults.Add(new("partition key", entity.PartitionKey, "must be the same in the whole transaction"));
            }

            if (!keys.Add(entity.RowKey))
            {
                faults.Add(new("row key", entity.RowKey, "must occur once in a transaction"));
            }
        }

        long size = actions.Sum(static a => EntitySize.OnWire((TableEntity)a.Entity));
        if (size > MaxTransactionSize)
        {
            faults.Add(new("transaction", $"{size} bytes", $"must be at most {MaxTransactionSize}"));
        }

        Throw(faults);
    }

    private static void Throw(List<Fault> faults)
    {
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    private static void CheckEntity(TableEntity entity, List<Fault> faults)
    {
        CheckKey("partition key", entity.PartitionKey, faults);
        CheckKey("row key", entity.RowKey, faults);
        int count = 0;
        foreach ((string name, object value) in EntitySize.OwnProperties(entity))
        {
            count++;
            if (name.Length > MaxNameLength || !Name().IsMatch(name))
            {
                faults.Add(new("property name", name, $"must be a C# identifier of at most {MaxNameLength} characters"));
            }

            if (RuleOf(value) is { } rule)
            {
                faults.Add(new($"row {entity.RowKey} property {name}", null, rule));
            }
        }

        if (count > MaxProperties)
        {
            faults.Add(new($"row {entity.RowKey}", $"{count} properties", $"must have at most {MaxProperties}"));
        }

        long size = EntitySize.Stored(entity);
        if (size > MaxEntitySize)
        {
            faults.Add(new($"row {entity.RowKey}", $"{size} bytes", $"must have at most {MaxEntitySize}"));
        }
    }

    private static void CheckKey(string path, string? key, List<Fault> faults)
    {
        if (key is null || key.Length > MaxKeyLength || !key.All(IsKeyCharacter))
        {
            faults.Add(new(path, key, $"must be at most {MaxKeyLength} characters without / \\ # ? % ' and control characters"));
        }
    }

    /// <summary>Percent and quote are allowed, but known for trouble in addresses.</summary>
    private static bool IsKeyCharacter(char c) => !char.IsControl(c) && c is not ('/' or '\\' or '#' or '?' or '%' or '\'');

    private static string? RuleOf(object value) => value switch
    {
        string { Length: > MaxTextLength } => $"must be at most {MaxTextLength} characters",
        byte[] { Length: > MaxBytes } => $"must be at most {MaxBytes} bytes",
        DateTimeOffset { UtcDateTime.Year: < FirstYear } => $"must not be before {FirstYear}",
        double number when !double.IsFinite(number) => "must be finite",
        string or byte[] or DateTimeOffset or double or bool or int or long => null,
        _ => $"must be of a type that a table stores, not {value.GetType().Name}",
    };

    [GeneratedRegex(@"^[_\p{L}\p{Nl}][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}\p{Cf}]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
