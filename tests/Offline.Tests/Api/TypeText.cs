using System.Reflection;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>Writes a type reference as C# does: keywords, angle brackets, question marks, no namespaces.</summary>
public static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
    };

    public static string Write(Type type, NullableFlags flags)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Write(underlying, flags) + "?";
        }

        bool annotated = HasFlag(type) && flags.NextIsAnnotated();
        string name = type.IsArray ? Write(type.GetElementType()!, flags) + "[]" : Name(type, flags);
        return annotated ? name + "?" : name;
    }

    /// <summary>Name and type parameters of a type as it is declared.</summary>
    public static string Declared(Type type) => Name(type, NullableFlags.None());

    private static string Name(Type type, NullableFlags flags)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        string name = type.IsNested && !type.IsGenericParameter ? $"{Declared(type.DeclaringType!)}.{type.Name}" : type.Name;
        return type.IsGenericType
            ? $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(a => Write(a, flags)))}>"
            : name;
    }

    /// <summary>Reference types, type parameters and generic structs own a mark; other value types do not.</summary>
    private static bool HasFlag(Type type) => type.IsGenericParameter
        ? !type.GenericParameterAttributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint)
        : !type.IsValueType || type.IsGenericType;
}
