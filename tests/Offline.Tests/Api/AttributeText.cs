using System.Reflection;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>Writes an attribute of a type with full names, as the listing has it.</summary>
public static class AttributeText
{
    public static bool IsPublicContract(CustomAttributeData attribute) =>
        attribute.AttributeType.IsPublic &&
        attribute.AttributeType != typeof(ObsoleteAttribute) &&
        attribute.AttributeType != typeof(DefaultMemberAttribute) &&
        attribute.AttributeType.Namespace != "System.Runtime.CompilerServices";

    public static string Write(CustomAttributeData attribute)
    {
        string[] arguments =
        [
            .. attribute.ConstructorArguments.Select(Value),
            .. attribute.NamedArguments.Select(n => $"{n.MemberName} = {Value(n.TypedValue)}"),
        ];
        return $"[{attribute.AttributeType.FullName}{(arguments.Length > 0 ? $"({string.Join(", ", arguments)})" : "")}]";
    }

    private static string Value(CustomAttributeTypedArgument argument) => argument.ArgumentType switch
    {
        { IsEnum: true } type => string.Join(
            " | ", Enum.ToObject(type, argument.Value!).ToString()!.Split(", ").Select(flag => $"{type.FullName}.{flag}")),
        var type when type == typeof(bool) => (bool)argument.Value! ? "true" : "false",
        var type when type == typeof(Type) => $"typeof({((Type)argument.Value!).FullName})",
        _ => argument.ToString(),
    };
}
