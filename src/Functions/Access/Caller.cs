using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Functions.Access;

/// <summary>Who sent a request.</summary>
/// <param name="Id">Never changes: the object id of Microsoft Entra ID, or the name of the key.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Roles">What it may do.</param>
public sealed record Caller(string Id, string Name, Roles Roles)
{
    /// <summary>The service itself, and whoever sits at the machine that it runs on: nothing is hidden, nothing is counted, nothing belongs to it.</summary>
    public static Caller Host { get; } = new(string.Empty, "host", Roles.Operator);

    /// <summary>Whoever has shown nothing.</summary>
    internal static Caller Nobody { get; } = new(string.Empty, "nobody", Roles.None);

    /// <summary>Names of its roles, the widest first.</summary>
    public ImmutableArray<string> RoleNames =>
        [.. ((ReadOnlySpan<Roles>)[Roles.Operator, Roles.Submitter, Roles.Reader, Roles.Worker]).ToArray().Where(role => Roles.HasFlag(role)).Select(NameOf)];

    /// <summary>Whether it is an operator.</summary>
    public bool IsOperator => Roles.HasFlag(Roles.Operator);

    /// <summary>To whom belongs what it creates; null for nobody.</summary>
    public Owner? Owner => this == Host ? null : new(Id, Name);

    /// <summary>Whether it may do what a request needs.</summary>
    public bool May(Right right) => (Roles & Enough(right)) != Roles.None;

    /// <summary>Name of a role in settings, tokens and answers.</summary>
    internal static string NameOf(Roles role) => role.ToString().ToLowerInvariant();

    /// <summary>The role of a name; none where there is no such role.</summary>
    internal static Roles RoleOf(string name) => name switch
    {
        "reader" => Roles.Reader,
        "submitter" => Roles.Submitter,
        "operator" => Roles.Operator,
        "worker" => Roles.Worker,
        _ => Roles.None,
    };

    /// <summary>The roles each of which suffices.</summary>
    internal static Roles Enough(Right right) => right switch
    {
        Right.Known => Roles.Reader | Roles.Submitter | Roles.Operator | Roles.Worker,
        Right.Read => Roles.Reader | Roles.Submitter | Roles.Operator,
        Right.Submit => Roles.Submitter | Roles.Operator,
        Right.Work => Roles.Worker | Roles.Operator,
        _ => Roles.Operator,
    };
}
