namespace HpoServerless.Engine.Experiments;

/// <summary>A saved state of a trial, from which it can go on anywhere.</summary>
/// <param name="Step">How far the trial was; one that goes on from here reports the step after it next.</param>
/// <param name="Name">Name of the file in the artifact store.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
public sealed record Checkpoint(long Step, string Name, long Bytes, string Sha256)
{
    /// <summary>Where a checkpoint is kept: its content is part of the name, so that a repeated run of a segment never changes a file that is known already.</summary>
    public static string NameFor(SegmentId segment, long step, string sha256) => FormattableString.Invariant(
        $"{FolderOf(segment.Experiment)}{segment.Trial}/{segment.Segment}-{step}-{sha256[..16]}.tar");

    /// <summary>What the names of all checkpoints of an experiment begin with.</summary>
    public static string FolderOf(string experiment) => $"checkpoints/{experiment}/";
}
