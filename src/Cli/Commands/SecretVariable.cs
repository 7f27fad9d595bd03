using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands;

/// <summary>Secrets from the environment, where command lines do not show them to all users of the machine.</summary>
internal static class SecretVariable
{
    /// <summary>What was given on the command line, with a warning where it is a secret; else that of the environment.</summary>
    /// <param name="context">The world around.</param>
    /// <param name="option">Name of the option.</param>
    /// <param name="given">Its value; null where it was not given.</param>
    /// <param name="name">The variable.</param>
    /// <param name="isSecret">Whether others must not see it.</param>
    /// <returns>Null where it is nowhere.</returns>
    /// <exception cref="InvalidInputException">The file cannot be read, or is empty.</exception>
    public static string? Read(CliContext context, string option, string? given, string name, bool isSecret)
    {
        if (given is not null && isSecret)
        {
            context.Error.WriteLine($"warning: all users of this machine can read {option} in the list of processes: set {name}, or {name}_FILE, instead");
        }

        return given ?? Read(context, name);
    }

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
