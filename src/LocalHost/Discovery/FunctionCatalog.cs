using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace HpoServerless.LocalHost.Discovery;

/// <summary>Finds the functions of an assembly, as the Functions host does.</summary>
internal static class FunctionCatalog
{
    /// <summary>All methods that are marked as functions, by name.</summary>
    /// <exception cref="NotSupportedException">A function is declared in a way that this host does not know.</exception>
    public static ImmutableArray<FunctionEntry> Discover(Assembly assembly)
    {
        ImmutableArray<FunctionEntry> found =
        [
            .. assembly.GetExportedTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
                .Where(method => method.IsDefined(typeof(FunctionAttribute)))
                .Select(Entry)
                .OrderBy(entry => entry.Name, StringComparer.Ordinal),
        ];
        foreach (IGrouping<string, FunctionEntry> twice in found.GroupBy(e => e.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            throw new NotSupportedException($"the function name '{twice.Key}' is used {twice.Count()} times");
        }

        return found;
    }

    private static FunctionEntry Entry(MethodInfo method)
    {
        ImmutableArray<TriggerBindingAttribute> triggers =
            [.. method.GetParameters().Select(p => p.GetCustomAttribute<TriggerBindingAttribute>()).OfType<TriggerBindingAttribute>()];
        return triggers.Length == 1
            ? new(method.GetCustomAttribute<FunctionAttribute>()!.Name, method, triggers[0], [.. method.GetParameters().Select(FunctionParameter.Of)])
            : throw new NotSupportedException($"{method.DeclaringType}.{method.Name} has {triggers.Length} triggers; a function has one");
    }
}

/// <summary>A function as it is declared.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Method">What runs.</param>
/// <param name="Trigger">What makes it run.</param>
/// <param name="Parameters">Its parameters, in order.</param>
internal sealed record FunctionEntry(string Name, MethodInfo Method, TriggerBindingAttribute Trigger, ImmutableArray<FunctionParameter> Parameters)
{
    /// <summary>Type of the parameter that has the trigger.</summary>
    public Type TriggerType => Parameters.Single(p => p.Source == ParameterSource.Trigger).Type;
}
