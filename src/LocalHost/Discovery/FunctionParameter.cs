using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace HpoServerless.LocalHost.Discovery;

/// <summary>One parameter of a function and where its value comes from.</summary>
internal sealed record FunctionParameter(string Name, Type Type, ParameterSource Source)
{
    public static FunctionParameter Of(ParameterInfo parameter)
    {
        ParameterSource source =
            parameter.GetCustomAttribute<TriggerBindingAttribute>() is not null ? ParameterSource.Trigger
            : parameter.GetCustomAttribute<DurableClientAttribute>() is not null ? ParameterSource.DurableClient
            : parameter.ParameterType == typeof(CancellationToken) ? ParameterSource.Cancellation
            : parameter.ParameterType == typeof(string) ? ParameterSource.Route
            : throw new NotSupportedException($"{parameter.Member.DeclaringType}.{parameter.Member.Name}: nothing can be bound to '{parameter.Name}' of type {parameter.ParameterType}");
        return new(parameter.Name!, parameter.ParameterType, source);
    }
}

/// <summary>Where the value of a parameter comes from.</summary>
internal enum ParameterSource
{
    /// <summary>What triggered the function.</summary>
    Trigger,

    /// <summary>The durable client.</summary>
    DurableClient,

    /// <summary>The token that ends the call.</summary>
    Cancellation,

    /// <summary>The part of the address with the parameter's name.</summary>
    Route,
}
