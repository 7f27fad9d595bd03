namespace HpoServerless.Engine.Options;

/// <summary>An option that an algorithm knows.</summary>
/// <param name="Name">Key in <c>algorithm_param</c> or <c>scheduler_param</c>.</param>
/// <param name="Default">Its default as JSON.</param>
/// <param name="Rule">What is allowed, in words ("must be above 1").</param>
public sealed record AlgorithmOption(string Name, string Default, string Rule);
