using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>Prints everything another assembly can see of a type, in the notation of the listing.</summary>
public static class ApiPrinter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>What the compiler writes into every record.</summary>
    private static readonly string[] RecordMembers =
        ["Equals", "GetHashCode", "ToString", "PrintMembers", "EqualityContract", "<Clone>$", "op_Equality", "op_Inequality"];

    public static IEnumerable<ApiType> Print(Assembly assembly) => assembly.GetTypes().Where(IsVisible).Select(Print);

    public static ApiType Print(Type type) => new(
        type.Assembly.GetName().Name!,
        $"{type.Namespace}.{TypeText.Declared(type)}",
        [.. type.GetCustomAttributesData().Where(AttributeText.IsPublicContract).Select(AttributeText.Write)],
        Declaration(type),
        type.IsSubclassOf(typeof(Delegate)) ? [] : [.. type.IsEnum ? EnumMembers(type) : Members(type)]);

    private static bool IsVisible(Type type) =>
        type.IsPublic || ((type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!));

    private static string Declaration(Type type)
    {
        string name = TypeText.Declared(type);
        if (type.IsEnum)
        {
            return $"public enum {name}";
        }

        if (type.IsSubclassOf(typeof(Delegate)))
        {
            return MemberText.Delegate(name, type.GetMethod("Invoke")!);
        }

        string[] bases = [.. Bases(type).Select(b => TypeText.Write(b, NullableFlags.None()))];
        return $"public {Kind(type)} {name}{(bases.Length > 0 ? " : " : "")}{string.Join(", ", bases)}{MemberText.Constraints(type.GetGenericArguments())}";
    }

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsValueType: true } => type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => $"abstract {ClassOrRecord(type)}",
        { IsSealed: true } => $"sealed {ClassOrRecord(type)}",
        _ => ClassOrRecord(type),
    };

    private static string ClassOrRecord(Type type) => IsRecord(type) ? "record" : "class";

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    /// <summary>Base class and interfaces, without those that another one brings along.</summary>
    private static IEnumerable<Type> Bases(Type type)
    {
        Type? baseClass = type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? b : null;
        ImmutableArray<Type> interfaces = [.. type.GetInterfaces()];
        IEnumerable<Type> implied = interfaces.SelectMany(i => i.GetInterfaces()).Concat(baseClass?.GetInterfaces() ?? []);
        return [.. baseClass is null ? [] : new[] { baseClass }, .. interfaces.Except(implied)];
    }

    private static IEnumerable<string> EnumMembers(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => MemberText.WithObsolete(f, string.Create(CultureInfo.InvariantCulture, $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}")));

    private static IEnumerable<string> Members(Type type)
    {
        bool isRecord = IsRecord(type);
        return type.GetMembers(Declared)
            .Where(m => !isRecord || !RecordMembers.Contains(m.Name, StringComparer.Ordinal))
            .Select(m => MemberText.Write(m) is { } text ? MemberText.WithObsolete(m, text) : null)
            .OfType<string>();
    }
}
