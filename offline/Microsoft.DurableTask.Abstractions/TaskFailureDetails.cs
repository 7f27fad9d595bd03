using System.Reflection;

namespace Microsoft.DurableTask;

/// <summary>A failure that survives serialisation: types by name, causes nested.</summary>
public record TaskFailureDetails(
    string ErrorType,
    string ErrorMessage,
    string? StackTrace,
    TaskFailureDetails? InnerFailure,
    IDictionary<string, object?>? Properties)
{
    public static TaskFailureDetails FromException(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        TaskFailureDetails? inner = exception.InnerException is { } cause ? FromException(cause) : null;
        return new TaskFailureDetails(exception.GetType().ToString(), exception.Message, exception.StackTrace, inner, Properties: null);
    }

    public bool IsCausedBy<T>()
        where T : Exception => IsCausedBy(typeof(T));

    /// <summary>Looks at this failure alone, not at its inner ones.</summary>
    public bool IsCausedBy(Type targetBaseExceptionType)
    {
        ArgumentNullException.ThrowIfNull(targetBaseExceptionType);
        if (!targetBaseExceptionType.IsAssignableTo(typeof(Exception)))
        {
            throw new ArgumentException($"{targetBaseExceptionType} does not derive from Exception.", nameof(targetBaseExceptionType));
        }

        return !string.IsNullOrEmpty(ErrorType) && FindErrorType(targetBaseExceptionType.Assembly)?.IsAssignableTo(targetBaseExceptionType) == true;
    }

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    private Type? FindErrorType(Assembly expected)
    {
        if ((Type.GetType(ErrorType) ?? expected.GetType(ErrorType)) is { } near)
        {
            return near;
        }

        Type[] found = [.. AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(ErrorType)).OfType<Type>()];
        return found.Length > 1
            ? throw new AmbiguousMatchException($"{found.Length} loaded assemblies have a type named {ErrorType}.")
            : found.SingleOrDefault();
    }
}
