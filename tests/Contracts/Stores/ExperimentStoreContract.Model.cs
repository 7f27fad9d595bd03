using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Contracts.Stores.Model;

namespace HpoServerless.Contracts.Stores;

/// <content>Generated sequences of operations, compared with a model.</content>
public abstract partial class ExperimentStoreContract
{
    /// <summary>How many sequences are generated; fewer where every operation goes over a network.</summary>
    protected virtual int GeneratedSequences => 100;

    [Fact]
    public void Any_sequence_of_operations_does_what_the_model_does() => Prop
        .ForAll(Arb.From(Sequences(), Shorter), async steps => await new StoreModelRun(await CreateStoresAsync()).RunAsync(steps))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(GeneratedSequences).WithStartSize(10).WithEndSize(60));

    private static Gen<StoreStep[]> Sequences() => Gen.ArrayOf(
        from kind in Gen.Frequency(
            (6, Gen.Constant(StoreStepKind.Create)),
            (10, Gen.Constant(StoreStepKind.Post)),
            (10, Gen.Constant(StoreStepKind.Commit)),
            (2, Gen.Constant(StoreStepKind.CommitNumber)),
            (2, Gen.Constant(StoreStepKind.Delete)),
            (2, Gen.Constant(StoreStepKind.Reopen)),
            (8, Gen.Elements(
                StoreStepKind.ReadInbox, StoreStepKind.ReadTurns, StoreStepKind.FindTrial, StoreStepKind.ListTrials, StoreStepKind.ListExperiments, StoreStepKind.SaveSnapshot)))
        from experiment in Gen.Choose(0, 2)
        from a in Gen.Choose(0, 9)
        from b in Gen.Choose(0, 9)
        select new StoreStep(kind, experiment, a, b));

    /// <summary>Without one half, then without single steps: what remains of a failure is what it takes.</summary>
    private static IEnumerable<StoreStep[]> Shorter(StoreStep[] steps)
    {
        if (steps.Length > 3)
        {
            yield return steps[..(steps.Length / 2)];
            yield return steps[(steps.Length / 2)..];
        }

        for (int i = 0; i < steps.Length; i++)
        {
            yield return [.. steps[..i], .. steps[(i + 1)..]];
        }
    }
}
