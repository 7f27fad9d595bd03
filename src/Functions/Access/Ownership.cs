using HpoServerless.Engine.Experiments;

namespace HpoServerless.Functions.Access;

/// <summary>Decides who sees and who changes what belongs to somebody.</summary>
public sealed class Ownership(HpoOptions options)
{
    /// <summary>Whether nothing is hidden from a caller.</summary>
    public bool SeesAll(Caller caller) => options.Access.ShowsAll || caller.IsOperator;

    /// <summary>Whether a caller sees what belongs to an owner, or to nobody.</summary>
    public bool Sees(Caller caller, Owner? owner) => SeesAll(caller) || owner?.Id == caller.Id;

    /// <summary>Whether a caller may change it.</summary>
    public static bool Changes(Caller caller, Owner? owner) => caller.IsOperator || owner?.Id == caller.Id;

    /// <exception cref="ForbiddenException">The caller sees it, and may not change it.</exception>
    public static void RequireChange(Caller caller, Owner? owner, string kind, string id)
    {
        if (!Changes(caller, owner))
        {
            throw new ForbiddenException($"{kind} '{id}' belongs to {owner?.Name ?? "nobody"}: only its owner and operators change it; ask one of them, or use one of your own");
        }
    }
}
