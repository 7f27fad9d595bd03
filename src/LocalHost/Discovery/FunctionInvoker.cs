using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.LocalHost.Discovery;

/// <summary>Calls a function. Everything that reflection has to find out is found out once.</summary>
internal sealed class FunctionInvoker
{
    private static readonly MethodInfo BoxMethod = typeof(FunctionInvoker).GetMethod(nameof(BoxAsync), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo DropMethod = typeof(FunctionInvoker).GetMethod(nameof(DropAsync), BindingFlags.NonPublic | BindingFlags.Static)!;

    private readonly FunctionEntry _entry;
    private readonly DurableTaskClient _client;
    private readonly Lazy<object?> _target;
    private readonly Func<object?, object?[], Task<object?>> _call;

    public FunctionInvoker(FunctionEntry entry, IServiceProvider services, DurableTaskClient client)
    {
        _entry = entry;
        _client = client;
        _target = new(() => entry.Method.IsStatic ? null : ActivatorUtilities.CreateInstance(services, entry.Method.DeclaringType!));
        _call = Compile(entry.Method);
    }

    /// <summary>Calls the function.</summary>
    /// <param name="trigger">Value of the parameter that has the trigger.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="route">Values of the address's parts by name; null where there is no address.</param>
    /// <returns>What the function returned; null where it returns nothing.</returns>
    public Task<object?> InvokeAsync(object? trigger, CancellationToken cancellation, Func<string, string?>? route = null)
    {
        ImmutableArray<FunctionParameter> parameters = _entry.Parameters;
        object?[] arguments = new object?[parameters.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = parameters[i].Source switch
            {
                ParameterSource.Trigger => trigger,
                ParameterSource.DurableClient => _client,
                ParameterSource.Cancellation => cancellation,
                _ => route?.Invoke(parameters[i].Name),
            };
        }

        return _call(_target.Value, arguments);
    }

    private static Func<object?, object?[], Task<object?>> Compile(MethodInfo method)
    {
        ParameterExpression target = Expression.Parameter(typeof(object));
        ParameterExpression arguments = Expression.Parameter(typeof(object[]));
        MethodCallExpression call = Expression.Call(
            method.IsStatic ? null : Expression.Convert(target, method.DeclaringType!),
            method,
            method.GetParameters().Select((p, i) => Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(i)), p.ParameterType)));
        Type returned = method.ReturnType;
        MethodInfo adapter =
            returned == typeof(Task) ? DropMethod
            : returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(Task<>) ? BoxMethod.MakeGenericMethod(returned.GenericTypeArguments)
            : throw new NotSupportedException($"{method.DeclaringType}.{method.Name} returns {returned}; a function returns a task");
        return Expression.Lambda<Func<object?, object?[], Task<object?>>>(Expression.Call(adapter, call), target, arguments).Compile();
    }

    private static async Task<object?> BoxAsync<T>(Task<T> task) => await task;

    private static async Task<object?> DropAsync(Task task)
    {
        await task;
        return null;
    }
}
