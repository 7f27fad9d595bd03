using System.Reflection;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>The compiler's nullability marks of one type reference, handed out in the order in which the type is written.</summary>
/// <remarks><see cref="NullabilityInfoContext"/> cannot serve: it calls an unconstrained T nullable with and without its question mark.</remarks>
public sealed class NullableFlags
{
    private const string Attribute = "System.Runtime.CompilerServices.NullableAttribute";
    private const string ContextAttribute = "System.Runtime.CompilerServices.NullableContextAttribute";
    private const byte Annotated = 2;

    private readonly byte[] _flags;
    private int _next;

    private NullableFlags(byte[] flags) => _flags = flags;

    public static NullableFlags Of(ParameterInfo parameter) => Of(parameter.GetCustomAttributesData(), parameter.Member);

    public static NullableFlags Of(MemberInfo fieldOrProperty) => Of(fieldOrProperty.GetCustomAttributesData(), fieldOrProperty.DeclaringType);

    /// <summary>For names in base lists and attributes, which carry no marks.</summary>
    public static NullableFlags None() => new([0]);

    /// <summary>Whether an otherwise unconstrained type parameter is declared <c>notnull</c>.</summary>
    public static bool IsNotNull(Type typeParameter) =>
        Of(typeParameter.GetCustomAttributesData(), (MemberInfo?)typeParameter.DeclaringMethod ?? typeParameter.DeclaringType)._flags[0] == 1;

    /// <summary>Whether the next reference type or type parameter has a question mark.</summary>
    public bool NextIsAnnotated() => (_flags.Length == 1 ? _flags[0] : _flags[_next++]) == Annotated;

    private static NullableFlags Of(IList<CustomAttributeData> attributes, MemberInfo? owner)
    {
        if (Find(attributes, Attribute) is { } own)
        {
            return own.Value is IReadOnlyCollection<CustomAttributeTypedArgument> many
                ? new([.. many.Select(b => (byte)b.Value!)])
                : new([(byte)own.Value!]);
        }

        for (; owner is not null; owner = owner.DeclaringType)
        {
            if (Find(owner.GetCustomAttributesData(), ContextAttribute) is { } context)
            {
                return new([(byte)context.Value!]);
            }
        }

        return None();
    }

    private static CustomAttributeTypedArgument? Find(IList<CustomAttributeData> attributes, string name) =>
        attributes.FirstOrDefault(a => a.AttributeType.FullName == name)?.ConstructorArguments[0];
}
