using System.Buffers;
using System.Text;
using System.Text.Json;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>The JSON files by which programs on a grid talk to each other. Python writes many of them, with numbers that JSON does not have.</summary>
public static class GridJson
{
    private static readonly SearchValues<char> Marks = SearchValues.Create("\"NI-");
    private static readonly string[] NotNumbers = ["NaN", "Infinity", "-Infinity"];

    /// <summary>Parses JSON in which <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> may stand: they become texts.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it was given, for the fault.</param>
    /// <exception cref="InvalidInputException">It is not JSON; says where.</exception>
    public static JsonElement Parse(string text, string path) => DocumentText.ParseJson(Quoted(text), path);

    /// <summary>Reads a file, as <see cref="Parse"/> does.</summary>
    /// <param name="file">Full path.</param>
    /// <param name="path">Where it was given, for the fault.</param>
    /// <exception cref="InvalidInputException">It cannot be read or is not JSON.</exception>
    public static JsonElement Read(string file, string path)
    {
        try
        {
            return Parse(File.ReadAllText(file), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault(path, JsonSerializer.Serialize(file), $"must be a file that can be read: {error.Message}"));
        }
    }

    /// <summary>Writes a file so that nobody ever sees half of it; one that is there is replaced.</summary>
    /// <param name="file">Full path.</param>
    /// <param name="json">What it is to hold.</param>
    /// <param name="path">Where the file was given, for the fault.</param>
    /// <exception cref="InvalidInputException">It cannot be written; what was there is still there.</exception>
    public static void Write(string file, JsonElement json, string path)
    {
        try
        {
            AtomicFile.Replace(file, json.GetRawText() + "\n");
        }
        catch (Exception error) when (error is IOException or UnavailableException)
        {
            throw new InvalidInputException(new Fault(path, JsonSerializer.Serialize(file), $"must be a file that can be written: {error.Message}"));
        }
    }

    private static string Quoted(string text)
    {
        if (!NotNumbers.Any(word => text.Contains(word, StringComparison.Ordinal)))
        {
            return text;
        }

        StringBuilder quoted = new(text.Length + 16);
        int at = 0;
        while (at < text.Length)
        {
            int mark = text.AsSpan(at).IndexOfAny(Marks);
            int next = mark < 0 ? text.Length : at + mark;
            quoted.Append(text, at, next - at);
            at = next;
            if (at < text.Length)
            {
                at += AppendToken(quoted, text, at);
            }
        }

        return quoted.ToString();
    }

    /// <returns>Length of the token in the text.</returns>
    private static int AppendToken(StringBuilder quoted, string text, int at)
    {
        if (text[at] == '"')
        {
            int end = at + 1;
            while (end < text.Length && text[end] != '"')
            {
                end += text[end] == '\\' ? 2 : 1;
            }

            end = Math.Min(end + 1, text.Length);
            quoted.Append(text, at, end - at);
            return end - at;
        }

        if (NotNumbers.FirstOrDefault(word => text.AsSpan(at).StartsWith(word)) is { } found)
        {
            quoted.Append('"').Append(found).Append('"');
            return found.Length;
        }

        quoted.Append(text[at]);
        return 1;
    }
}
