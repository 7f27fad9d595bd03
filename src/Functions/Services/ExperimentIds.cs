using System.Security.Cryptography;
using System.Text;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Functions.Services;

/// <summary>Ids of experiments: 1 to 64 of <c>a-z 0-9 -</c>.</summary>
public static class ExperimentIds
{
    /// <summary>Longest id.</summary>
    public const int MaxLength = 64;

    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int TimeLength = 9;
    private const int RandomLength = 4;

    /// <summary>The rule in words, as the end of a sentence that begins with the id.</summary>
    public static string Rule { get; } = $"must be 1 to {MaxLength} of the characters a-z 0-9 -";

    /// <summary>Demands the rule.</summary>
    /// <exception cref="InvalidInputException">The id breaks it.</exception>
    public static void Require(string id)
    {
        if (!IsValid(id))
        {
            throw new InvalidInputException(new Fault("id", $"\"{id}\"", Rule));
        }
    }

    /// <summary>Whether an id keeps the rule.</summary>
    public static bool IsValid(string id) => id.Length is > 0 and <= MaxLength && id.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    /// <summary>A new id: the project's name and a suffix that sorts by time.</summary>
    /// <param name="project">Name of the project; what an id cannot hold becomes <c>-</c>.</param>
    /// <param name="now">The time.</param>
    public static string Create(string project, DateTimeOffset now)
    {
        StringBuilder id = new(MaxLength);
        foreach (char c in project.ToLowerInvariant().Take(MaxLength - TimeLength - RandomLength - 1))
        {
            id.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
        }

        id.Append('-');
        Span<char> time = stackalloc char[TimeLength];
        long left = now.ToUnixTimeMilliseconds();
        for (int i = TimeLength - 1; i >= 0; i--, left /= Digits.Length)
        {
            time[i] = Digits[(int)(left % Digits.Length)];
        }

        return id.Append(time).Append(RandomNumberGenerator.GetString(Digits, RandomLength)).ToString();
    }

    /// <summary>The seed of an experiment for which nobody chose one: the same for the same id. In [0, 2^63).</summary>
    public static ulong SeedOf(string id) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id))) >> 1;
}
