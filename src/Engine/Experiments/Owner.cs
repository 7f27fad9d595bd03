namespace HpoServerless.Engine.Experiments;

/// <summary>To whom a project or an experiment belongs.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Name">What people call the owner.</param>
public sealed record Owner(string Id, string Name);
