using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands;

/// <summary>Secrets from the environment, where command lines do not show them to all users of the machine.</summary>
internal static class SecretVariable
{
    /// <summary>The variable <paramref name="name"/>, or else the content of the file that <c>NAME_FILE</c> names.</summary>
    /// <returns>Null where neither is set.</returns>
    /// <exception cref="InvalidInputException">The file cannot be read, or is empty.</exception>
    public static string? Read(CliContext context, string name)
    {
        if (context.Variable(name) is { Length: > 0 } value)
        {
            return value;
        }

        string fileVariable = $"{name}_FILE";
        if (context.Variable(fileVariable) is not { Length: > 0 } file)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(Path.GetFullPath(file, context.CurrentDirectory)).Trim() is { Length: > 0 } content
                ? content
                : throw new InvalidInputException(new Fault(fileVariable, file, $"must be a file that holds what {name} would, and is empty"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault(fileVariable, file, $"must be a file that holds what {name} would ({error.Message})"));
        }
    }
}
