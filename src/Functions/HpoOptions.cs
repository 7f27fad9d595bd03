using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions;

/// <summary>Settings of one installation: the configuration section <c>Hpo</c> (environment variables <c>Hpo__…</c>), and <see cref="StorageOptions"/>.</summary>
public sealed record HpoOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Hpo";

    /// <summary>Storage account that holds everything; null: the journal in <see cref="DataFolder"/>.</summary>
    public StorageOptions? Storage { get; init; }

    /// <summary>Folder of the journal and of what runs on this machine.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Secret of this installation, at least 32 bytes: the tokens of trials are made from it.</summary>
    public required ReadOnlyMemory<byte> TrialKey { get; init; }

    /// <summary>Largest script archive, in MiB.</summary>
    /// <value>50.</value>
    public int MaxScriptsMiB { get; init; } = ServiceSettings.MaxScriptsMiB.DefaultNumber;

    /// <summary>Largest script archive when unpacked, in MiB.</summary>
    /// <value>500.</value>
    public int MaxUnpackedScriptsMiB { get; init; } = ServiceSettings.MaxUnpackedScriptsMiB.DefaultNumber;

    /// <summary>Most entries in a script archive.</summary>
    /// <value>10,000.</value>
    public int MaxScriptEntries { get; init; } = ServiceSettings.MaxScriptEntries.DefaultNumber;

    /// <summary>Largest checkpoint that a trial elsewhere may upload, in MiB.</summary>
    /// <value>1024.</value>
    public int MaxCheckpointMiB { get; init; } = ServiceSettings.MaxCheckpointMiB.DefaultNumber;

    /// <summary>Where trials elsewhere reach the HTTP API, without <c>/api</c>; null: they cannot, or the host knows.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Who may do what.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Reads the sections <c>Hpo</c> and <c>HpoStorage</c>.</summary>
    /// <exception cref="InvalidInputException">Lists every setting that is missing, wrong or unknown.</exception>
    public static HpoOptions Read(IConfiguration configuration)
    {
        List<Fault> faults = [];
        HpoOptions options = Read(configuration, faults);
        return faults.Count == 0 ? options : throw new InvalidInputException([.. faults]);
    }

    /// <summary>Reads all settings but those of sites.</summary>
    /// <returns>The options; of use only where no fault was added.</returns>
    internal static HpoOptions Read(IConfiguration configuration, List<Fault> faults)
    {
        SettingReader reader = new(configuration, faults);
        HpoOptions options = new()
        {
            TrialKey = reader.Bytes(ServiceSettings.TrialKey),
            Storage = StorageOptions.Read(reader, faults),
            DataFolder = reader.Text(ServiceSettings.DataFolder),
            MaxScriptsMiB = reader.Number(ServiceSettings.MaxScriptsMiB),
            MaxUnpackedScriptsMiB = reader.Number(ServiceSettings.MaxUnpackedScriptsMiB),
            MaxScriptEntries = reader.Number(ServiceSettings.MaxScriptEntries),
            MaxCheckpointMiB = reader.Number(ServiceSettings.MaxCheckpointMiB),
            PublicUrl = reader.Address(ServiceSettings.PublicUrl),
            Access = AccessOptions.Read(configuration.GetSection(Section), reader, faults),
        };
        reader.Checked(ServiceSettings.TaskHub);
        reader.Address(ServiceSettings.Collector);
        if (options.Storage is null && options.DataFolder is null)
        {
            faults.Add(new(StorageOptions.Section, null, $"or {ServiceSettings.DataFolder.Key} must be given: experiments have to be kept somewhere"));
        }

        reader.RefuseUnknown(Section);
        reader.RefuseUnknown(StorageOptions.Section);
        return options;
    }
}
