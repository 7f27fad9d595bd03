using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class SubOrchestrationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Child_gets_input_id_and_parent_and_returns_its_result(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddOrchestrator<int, string>("Child", async (context, x) =>
        {
            string echoed = await context.CallActivityAsync<string>("Echo", $"{x}");
            return $"{context.InstanceId} of {context.Parent!.Name} {context.Parent.InstanceId}: {echoed}";
        });
        test.Orchestrate(context => context.CallSubOrchestratorAsync<string>("Child", 5, new SubOrchestrationOptions(instanceId: "kid")));

        string id = await test.StartAsync(id: "parent");

        Assert.Equal("kid of Main parent: 5", (await test.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Child_with_the_id_of_a_running_instance_fails(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(context => context.WaitForExternalEvent<string>("never"), "Child");
        test.Orchestrate(context => context.CallSubOrchestratorAsync<string>("Child", options: new SubOrchestrationOptions(instanceId: "kid")));
        await test.StartAsync(id: "kid", name: "Child");

        OrchestrationMetadata end = await test.RunAsync();

        Assert.Equal("System.InvalidOperationException", end.FailureDetails!.InnerFailure!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recursive_termination_and_purge_take_the_children_along(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(context => context.WaitForExternalEvent<string>("never"), "Grandchild");
        test.Orchestrate(
            context => context.CallSubOrchestratorAsync<string>("Grandchild", options: new SubOrchestrationOptions(instanceId: "grandchild")), "Child");
        test.Orchestrate(context => context.CallSubOrchestratorAsync<string>("Child", options: new SubOrchestrationOptions(instanceId: "child")));
        await test.StartAsync(id: "root");
        await test.IdleAsync();

        await test.Client.TerminateInstanceAsync("root", new TerminateInstanceOptions("stop", Recursive: true));
        foreach (string id in (string[])["root", "child", "grandchild"])
        {
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await test.EndAsync(id)).RuntimeStatus);
        }

        PurgeResult purged = await test.Client.PurgeInstanceAsync("root", new PurgeInstanceOptions(Recursive: true));
        Assert.Equal(3, purged.PurgedInstanceCount);
        Assert.Null(await test.Client.GetInstanceAsync("grandchild"));
    }
}
