using System.Globalization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Says what a person would not notice in an experiment's result.</summary>
public static class ExperimentRemarks
{
    private const string HowToSave = "let the program save itself (docs/configuration.md#checkpoint)";

    /// <summary>The remarks on an experiment as it stands, a clause each.</summary>
    public static IEnumerable<string> Of(ExperimentDefinition definition, ExperimentSummary summary)
    {
        if (definition.SavesWhenAsking && summary is { Checkpoints: 0, MostSteps: > 1, Trials.Ended: > 0 })
        {
            yield return $"no trial saved its state, so {definition.Scheduler.Name} could let none go on from another: {HowToSave}";
        }

        if (summary.Resumes is { FromStart: > 0 } resumes)
        {
            string steps = resumes.StepsAgain == 1 ? "1 step was" : string.Create(CultureInfo.InvariantCulture, $"{resumes.StepsAgain} steps were");
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{resumes.FromStart} of {resumes.Total} resumes found no checkpoint to go on from and started from the beginning, so that {steps} gone again: {HowToSave}, unless it takes a budget");
        }
    }
}
