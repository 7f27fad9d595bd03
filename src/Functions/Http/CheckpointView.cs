namespace HpoServerless.Functions.Http;

/// <summary>A saved state of a trial.</summary>
/// <param name="Step">How far the trial was.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">SHA-256 of the file, in hexadecimal.</param>
public sealed record CheckpointView(long Step, long Bytes, string Sha256);
