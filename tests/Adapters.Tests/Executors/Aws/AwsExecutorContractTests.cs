using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Aws;

public sealed class AwsExecutorContractTests(AwsSiteFixture fixture) : TrialExecutorContract, IClassFixture<AwsSiteFixture>
{
    protected override ValueTask<ITrialExecutor> CreateAsync() => ValueTask.FromResult<ITrialExecutor>(fixture.Site.Start(Events, Artifacts));

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync() => await fixture.Site.EndExecutorsAsync();
}
