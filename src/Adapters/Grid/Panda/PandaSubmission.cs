namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>What became of a task that was sent.</summary>
/// <param name="Task">Its number; that of the task of the same name where there was one.</param>
/// <param name="IsNew">Whether it is a new task, or an ended one that goes on; not where one of this name is at work already.</param>
public sealed record PandaSubmission(long Task, bool IsNew);
