using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using HpoServerless.Adapters.Artifacts;

namespace HpoServerless.Adapters.Auptimizer;

/// <summary>How a job is started: in its working directory, between a prescript and a postscript, and again when it fails.</summary>
/// <param name="Words">The script and its arguments. Here the script is a full path; elsewhere the name of a file beside the job's.</param>
/// <param name="WorkingDirectory">Where it runs; null elsewhere, for the folder of the trial.</param>
/// <param name="Folder">What is carried along to other machines; null where the script runs in place.</param>
public sealed record AupJob(ImmutableArray<string> Words, string? WorkingDirectory, string? Folder)
{
    /// <summary>Name of the shell script that starts the job.</summary>
    public const string FileName = "aup_job.sh";

    /// <summary>How files end that ask for a result: the job's configuration.</summary>
    public const string QuestionEnding = ".ask";

    /// <summary>How files end that answer: numbers, separated by commas.</summary>
    public const string AnswerEnding = ".answer";

    private const string Standin = "aup_standin";

    /// <summary>Folder with what scripts import from Auptimizer, where it is not installed.</summary>
    private static readonly string StandinFolder = Path.Combine(AppContext.BaseDirectory, "python", Standin);

    /// <summary>Shell commands before the script; what they export holds for it. Where they end the shell, the job has failed. Null for none.</summary>
    public string? Prescript { get; init; }

    /// <summary>Shell commands after the script, whether it failed or not; how they end means nothing. Null for none.</summary>
    public string? Postscript { get; init; }

    /// <summary>Folder where the job asks for its result and waits for the answer, in place of running anything; null for running the script.</summary>
    public string? AskFolder { get; init; }

    /// <summary>How often a job that failed, or ended without a result, is started again.</summary>
    public int Retries { get; init; }

    /// <summary>Whether results are passed on as they come even where the job may be started again, because jobs are compared by them. Else those of a failed start never count.</summary>
    public bool PassesResultsOn { get; init; }

    /// <summary>Environment variables of the job.</summary>
    public ImmutableSortedDictionary<string, string> Env { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The archive that runs as a project's scripts.</summary>
    /// <exception cref="Engine.Errors.InvalidInputException">What is to be carried along is too much.</exception>
    public byte[] Pack()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hpo-aup-");
        try
        {
            if (Folder is not null)
            {
                Copy(Folder, folder.FullName);
            }

            Copy(StandinFolder, folder.CreateSubdirectory(Standin).FullName);
            File.WriteAllText(Path.Combine(folder.FullName, FileName), ShellScript());
            return ScriptArchive.Pack(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Text of the shell script. All that the script prints goes to its standard error, where only results count: other lines of JSON are no reports. What stands before and after it gives no results.</summary>
    internal string ShellScript()
    {
        if (AskFolder is { } desk)
        {
            return $$"""
                #!/bin/sh
                asked={{Quote(desk)}}/"$HPO_TRIAL-$HPO_SEGMENT"
                rm -f "$asked{{AnswerEnding}}"
                mkdir -p {{Quote(desk)}} && cp "$1" "$asked~" && mv "$asked~" "$asked{{QuestionEnding}}" || exit 1
                while [ ! -f "$asked{{AnswerEnding}}" ]; do sleep 0.1; done
                echo "#Auptimizer:$(cat "$asked{{AnswerEnding}}")" >&2
                rm -f "$asked{{AnswerEnding}}"

                """;
        }

        StringBuilder text = new("#!/bin/sh\n");
        text.Append("here=$(cd \"$(dirname \"$0\")\" && pwd)\n");
        text.Append(CultureInfo.InvariantCulture, $"export PYTHONPATH=\"${{PYTHONPATH:+$PYTHONPATH:}}$here/{Standin}\"\n");
        foreach ((string name, string value) in Env)
        {
            text.Append("export ").Append(name).Append('=').Append(Quote(value)).Append('\n');
        }

        if (WorkingDirectory is { } directory)
        {
            text.Append(Folder is null ? string.Empty : $"mkdir -p {Quote(directory)} && ").Append("cd ").Append(Quote(directory)).Append(" || exit 1\n");
        }

        if (Prescript is not null || Postscript is not null)
        {
            text.Append("aup_said=\"$1.said\"\naup_tell() { sed 's/^#Auptimizer:/no result: &/' \"$aup_said\" >&2; rm -f \"$aup_said\"; }\n");
        }

        if (Prescript is { } before)
        {
            text.Append("trap '[ -n \"$aup_started\" ] || { aup_tell; echo \"the prescript ended the job\" >&2; exit 1; }' EXIT\n");
            text.Append("{\n").Append(before).Append("\n} >\"$aup_said\" 2>&1\naup_started=1\nset +e\naup_tell\n");
        }

        string words = string.Join(' ', Words.Select(word => IsCarried(word) ? $"\"$here\"/{Quote(word)}" : Quote(word)));
        if (IsCarried(Words[0]))
        {
            text.Append("chmod +x \"$here\"/").Append(Quote(Words[0])).Append(" 2>/dev/null\n"); // archives do not keep it
        }

        text.Append(Retries == 0 ? $"{words} \"$@\" 1>&2\ncode=$?\n" : Starts(words));
        if (Postscript is { } after)
        {
            text.Append("( eval ").Append(Quote(after)).Append(" ) >\"$aup_said\" 2>&1\naup_tell\n");
        }

        return text.Append("exit $code\n").ToString();
    }

    /// <summary>Starts the job until it ends well and has a result. Its output ends with a line of ours, since something that it left behind may hold the pipe open.</summary>
    private string Starts(string words)
    {
        string hold = PassesResultsOn ? string.Empty : "; printf '%s\\n' \"$line\" >> \"$results\"; line=\"result: $line\"";
        return $$"""
            left={{Retries}}
            results="$1.results"
            end="#aup_job $$ ended:"
            while :; do
              : > "$results"
              { {{words}} "$@" 2>&1; printf '\n%s%s\n' "$end" $?; } | (
                found=
                while IFS= read -r line; do
                  case $line in
                    "$end"*)
                      code=${line#"$end"}
                      if [ "$code" -eq 0 ] && [ -z "$found" ]; then
                        echo "the job ended without a result"
                        code=1
                      fi
                      exit "$code" ;;
                    "#Auptimizer:"*[0-9]*) found=1{{hold}} ;;
                  esac
                  printf '%s\n' "$line"
                done
                exit 1
              ) 1>&2
              code=$?
              if [ $code -eq 0 ]; then cat "$results" >&2; fi
              if [ $code -eq 0 ] || [ $left -le 0 ]; then break; fi
              left=$((left - 1))
              echo "the job failed with exit code $code and is started again" >&2
            done
            rm -f "$results"

            """;
    }

    private bool IsCarried(string word) => Folder is not null && word.Length > 0 && File.Exists(Path.Combine(Folder, word));

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (string folder in Directory.EnumerateDirectories(from).Where(folder => Path.GetFileName(folder) is { } name && name[0] != '.' && name is not ("jobs" or "aup_models" or "hpo-data")))
        {
            Copy(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
        }
    }
}
