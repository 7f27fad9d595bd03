using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>Where an attempt of a segment began.</summary>
/// <param name="Attempt">Which attempt, from 0.</param>
/// <param name="Step">Step of the checkpoint; 0 for the start.</param>
/// <param name="Text">What happened, for people.</param>
public sealed record SegmentRestoredRequest(int Attempt, long Step, string Text)
{
    private const int LongestText = 2000;

    /// <summary>Reads <c>{"attempt", "step", "text"}</c>.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static SegmentRestoredRequest Read(JsonElement json)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        long? attempt = reader.Integer("attempt", 0, 999_999);
        long? step = reader.Integer("step", 0, long.MaxValue);
        string? text = reader.Text("text");
        foreach (string name in (string[])["attempt", "step", "text"])
        {
            if (!reader.Has(name))
            {
                reader.Fault(name, "is missing");
            }
        }

        if (text?.Length > LongestText)
        {
            reader.Fault("text", $"must have at most {LongestText} characters");
        }

        reader.Done();
        return faults.Count == 0 ? new((int)attempt!.Value, step!.Value, text!) : throw new InvalidInputException([.. faults]);
    }
}
