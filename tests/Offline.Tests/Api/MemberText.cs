using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>Writes one member as C# declares it, without a body.</summary>
public static class MemberText
{
    private static readonly Dictionary<string, string> Operators = new(StringComparer.Ordinal)
    {
        ["op_Equality"] = "==",
        ["op_Inequality"] = "!=",
    };

    /// <returns>Null for what other assemblies cannot see and for accessors, which their property shows.</returns>
    public static string? Write(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } c when Access(c) is { } access =>
            $"{access} {BareName(c.DeclaringType!)}({Parameters(c)});",
        MethodInfo m when !IsAccessor(m) && Access(m) is { } access => $"{Modified(access, m)}{Signature(m)};",
        PropertyInfo p when Widest(p) is { } accessor =>
            $"{Modified(Access(accessor)!, accessor)}{TypeText.Write(p.PropertyType, NullableFlags.Of(p))} {p.Name} {{ {string.Join(" ", Accessors(p, Access(accessor)!))} }}",
        FieldInfo f when Access(f) is { } access => $"{access} {FieldModifiers(f)}{TypeText.Write(f.FieldType, NullableFlags.Of(f))} {f.Name}{Constant(f)};",
        EventInfo e when Access(e.AddMethod!) is { } access => $"{access} event {TypeText.Write(e.EventHandlerType!, NullableFlags.Of(e))} {e.Name};",
        _ => null,
    };

    public static string Delegate(string name, MethodInfo invoke) =>
        $"public delegate {Return(invoke)} {name}({Parameters(invoke)});";

    public static string WithObsolete(MemberInfo member, string text) =>
        member.IsDefined(typeof(ObsoleteAttribute)) ? text + "   // [Obsolete]" : text;

    public static string Constraints(IEnumerable<Type> typeParameters) =>
        string.Concat(typeParameters.Select(p => (p.Name, Constraints: Constraint(p))).Where(c => c.Constraints.Length > 0)
            .Select(c => $" where {c.Name} : {string.Join(", ", c.Constraints)}"));

    private static string[] Constraint(Type parameter)
    {
        GenericParameterAttributes attributes = parameter.GenericParameterAttributes;
        List<string> parts = [];
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            parts.Add("class");
        }

        parts.AddRange(parameter.GetGenericParameterConstraints().Select(c => TypeText.Write(c, NullableFlags.None())));
        return parts.Count == 0 && NullableFlags.IsNotNull(parameter) ? ["notnull"] : [.. parts];
    }

    private static string? Access(MethodBase method) => method switch
    {
        { DeclaringType.IsInterface: true } => "",
        { IsPublic: true } => "public",
        { IsFamily: true } => "protected",
        { IsFamilyOrAssembly: true } => "protected internal",
        _ => null,
    };

    private static string? Access(FieldInfo field) => field switch
    {
        { IsPublic: true } => "public",
        { IsFamily: true } => "protected",
        { IsFamilyOrAssembly: true } => "protected internal",
        _ => null,
    };

    private static string Modified(string access, MethodInfo method) =>
        access.Length == 0 ? "" : Modifier(method) is { Length: > 0 } modifier ? $"{access} {modifier} " : $"{access} ";

    private static string Modifier(MethodInfo method)
    {
        bool overrides = method.GetBaseDefinition() != method;
        return method switch
        {
            { IsStatic: true } => "static",
            { IsAbstract: true } => overrides ? "abstract override" : "abstract",
            { IsVirtual: true, IsFinal: false } => overrides ? "override" : "virtual",
            { IsVirtual: true } when overrides => "sealed override",
            _ => "",
        };
    }

    private static string Signature(MethodInfo method) => method.Name switch
    {
        "op_Implicit" => $"implicit operator {Return(method)}({Parameters(method)})",
        "op_Explicit" => $"explicit operator {Return(method)}({Parameters(method)})",
        var name when Operators.TryGetValue(name, out string? symbol) => $"{Return(method)} operator {symbol}({Parameters(method)})",
        _ when method.IsGenericMethod =>
            $"{Return(method)} {method.Name}<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>({Parameters(method)}){Constraints(method.GetGenericArguments())}",
        _ => $"{Return(method)} {method.Name}({Parameters(method)})",
    };

    private static string Return(MethodInfo method) => TypeText.Write(method.ReturnType, NullableFlags.Of(method.ReturnParameter));

    private static string Parameters(MethodBase method)
    {
        IEnumerable<string> parameters = method.GetParameters().Select(Parameter);
        return (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", parameters);
    }

    private static string Parameter(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        string passing = type.IsByRef ? parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref "
            : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string written = TypeText.Write(type.IsByRef ? type.GetElementType()! : type, NullableFlags.Of(parameter));
        return $"{passing}{written} {parameter.Name}{(parameter.HasDefaultValue ? $" = {Default(type, parameter.RawDefaultValue)}" : "")}";
    }

    private static string Default(Type type, object? value) => value switch
    {
        null when type.IsValueType && Nullable.GetUnderlyingType(type) is null => $"default({TypeText.Declared(type)})",
        null => "null",
        bool b => b ? "true" : "false",
        string s => $"\"{s}\"",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static bool IsAccessor(MethodInfo method) =>
        method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static MethodInfo? Widest(PropertyInfo property) =>
        new[] { property.GetMethod, property.SetMethod }.OfType<MethodInfo>()
            .Where(a => Access(a) is not null).OrderByDescending(a => a.IsPublic).FirstOrDefault();

    private static IEnumerable<string> Accessors(PropertyInfo property, string access)
    {
        if (property.GetMethod is { } get && Access(get) is { } getAccess)
        {
            yield return getAccess == access ? "get;" : $"{getAccess} get;";
        }

        if (property.SetMethod is { } set && Access(set) is { } setAccess)
        {
            string kind = set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;";
            yield return setAccess == access ? kind : $"{setAccess} {kind}";
        }
    }

    private static string FieldModifiers(FieldInfo field) =>
        field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");

    private static string Constant(FieldInfo field) => field.IsLiteral ? $" = {Default(field.FieldType, field.GetRawConstantValue())}" : "";

    private static string BareName(Type type) =>
        type.Name.IndexOf('`', StringComparison.Ordinal) is var tick and >= 0 ? type.Name[..tick] : type.Name;
}
