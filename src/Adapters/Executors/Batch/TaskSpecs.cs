using System.Collections.Immutable;
using System.Globalization;
using System.Xml;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Writes the task that runs a segment.</summary>
/// <param name="options">The site's.</param>
/// <param name="access">How trials reach this installation.</param>
internal sealed class TaskSpecs(BatchOptions options, ITrialAccess access)
{
    private const string Archive = "hpo_trial.zip";

    /// <summary>The trial runs in its task's folder, which the node keeps for a while.</summary>
    private const string Folders = "export HPO_WORKDIR=\"$PWD/trial\" HPO_CACHE=\"$PWD/cache\"";

    private readonly string _command = options.Harness is null
        ? $"/bin/sh -c '{Folders}; exec {options.Python} -m hpo_trial segment'"
        : $"/bin/sh -c 'set -e; {options.Python} -m zipfile -e {Archive} harness; {Folders} PYTHONPATH=\"$PWD/harness\"; exec {options.Python} -m hpo_trial segment'";

    private readonly ImmutableArray<BatchResourceFile>? _files = options.Harness is { } harness
        ? [new(harness.AbsoluteUri, Archive, options.NodeIdentity is { } identity ? new(identity) : null)]
        : null;

    private readonly BatchContainer? _container = options.Container is { } image
        ? new(image, options.ContainerOptions, options.Registry is { } registry ? new(registry, new(options.NodeIdentity!)) : null)
        : null;

    /// <exception cref="ConflictException">Nothing can reach this installation.</exception>
    public BatchTaskSpec Of(SegmentWork work)
    {
        Uri api = options.Api ?? access.Address
            ?? throw new ConflictException("site", options.Site, "cannot be used: its trials cannot reach this service; say under which address, by Hpo:PublicUrl or the site's Api");
        SegmentId segment = work.Segment;
        TimeSpan? limit = work.Definition.Limits.Time is { } time ? time + options.StartAllowance : null;
        return new(BatchNames.Task(segment, work.Attempt), _command)
        {
            ContainerSettings = _container,
            ResourceFiles = _files,
            EnvironmentSettings =
            [
                new("HPO_URL", api.AbsoluteUri.TrimEnd('/')),
                new("HPO_EXPERIMENT", segment.Experiment),
                new("HPO_TRIAL", segment.Trial.ToString(CultureInfo.InvariantCulture)),
                new("HPO_SEGMENT", segment.Segment.ToString(CultureInfo.InvariantCulture)),
                new("HPO_ATTEMPT", work.Attempt.ToString(CultureInfo.InvariantCulture)),
                new("HPO_TOKEN", access.TokenOf(segment.Experiment, segment.Trial)),
            ],
            Constraints = new(limit is { } most ? XmlConvert.ToString(most) : null, XmlConvert.ToString(options.Retention), options.TaskRetries),
            RequiredSlots = options.SlotsPerTrial,
        };
    }
}
