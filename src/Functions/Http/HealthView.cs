using System.Collections.Immutable;

namespace HpoServerless.Functions.Http;

/// <summary>Whether the service can work.</summary>
/// <param name="Status"><c>ok</c>, or <c>failed</c> where any check is not.</param>
/// <param name="Version">Version of the service.</param>
/// <param name="Checks">What it depends on.</param>
public sealed record HealthView(string Status, string Version, ImmutableArray<HealthCheckView> Checks);

/// <summary>Whether one thing answers that the service depends on.</summary>
/// <param name="Name"><c>table</c>, <c>blob</c> or <c>queue</c>.</param>
/// <param name="Status"><c>ok</c>, <c>failed</c>, or <c>slow</c> where it did not answer in time.</param>
/// <param name="DurationMs">How long it took.</param>
public sealed record HealthCheckView(string Name, string Status, double DurationMs);
