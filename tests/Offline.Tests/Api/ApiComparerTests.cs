using System.Reflection;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>The comparison finds each kind of difference: the listing is doctored and the true stand-ins must stand out.</summary>
public sealed class ApiComparerTests
{
    private static readonly string Listing = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PublicApi.txt"));

    [Theory]
    [InlineData("a member is gone", "    public abstract Guid NewGuid();\n", "")]
    [InlineData("a parameter has another name", "ScheduleNewOrchestrationInstanceAsync(TaskName orchestratorName, object? input, CancellationToken cancellation)", "ScheduleNewOrchestrationInstanceAsync(TaskName name, object? input, CancellationToken cancellation)")]
    [InlineData("a parameter has another type", "CreateTimer(DateTime fireAt,", "CreateTimer(DateTimeOffset fireAt,")]
    [InlineData("a default value differs", "double backoffCoefficient = 1,", "double backoffCoefficient = 2,")]
    [InlineData("a default value is gone", "bool preserveUnprocessedEvents = true)", "bool preserveUnprocessedEvents)")]
    [InlineData("a return value is not null", "public abstract T? GetInput<T>();", "public abstract T GetInput<T>();")]
    [InlineData("a type argument is not null", "IReadOnlyDictionary<string, object?> Properties", "IReadOnlyDictionary<string, object> Properties")]
    [InlineData("a value is not nullable", "public DateTimeOffset? StartAt { get; init; }", "public DateTimeOffset StartAt { get; init; }")]
    [InlineData("an accessor differs", "public string? TaskHub { get; set; }", "public string? TaskHub { get; init; }")]
    [InlineData("virtual became abstract", "public virtual Task CreateTimer(TimeSpan", "public abstract Task CreateTimer(TimeSpan")]
    [InlineData("access differs", "protected abstract ILoggerFactory LoggerFactory", "public abstract ILoggerFactory LoggerFactory")]
    [InlineData("a constructor is protected", "    public Page(IReadOnlyList<T>", "    protected Page(IReadOnlyList<T>")]
    [InlineData("an abstract member is new", "    public abstract Guid NewGuid();\n", "    public abstract Guid NewGuid();\n    public abstract int Lanes { get; }\n")]
    [InlineData("an interface member is new", "    DurableTaskClient GetClient(string? name = null);\n", "    DurableTaskClient GetClient(string? name = null);\n    void Close();\n")]
    [InlineData("an operator is gone", "    public static implicit operator TaskName(string value);\n", "")]
    [InlineData("a constraint differs", "public bool IsCausedBy<T>() where T : Exception;", "public bool IsCausedBy<T>() where T : notnull;")]
    [InlineData("params is gone", "params OrchestrationRuntimeStatus[] dedupeStatuses", "OrchestrationRuntimeStatus[] dedupeStatuses")]
    [InlineData("an extension is a plain method", "WithDedupeStatuses(this StartOrchestrationOptions", "WithDedupeStatuses(StartOrchestrationOptions")]
    [InlineData("a constant differs", "DefaultPageSize = 100;", "DefaultPageSize = 50;")]
    [InlineData("an enum value differs", "    Function = 2\n", "    Function = 3\n")]
    [InlineData("an enum value is obsolete", "    Pending = 6\n", "    Pending = 6   // [Obsolete]\n")]
    [InlineData("a class is sealed", "public class PurgeResult", "public sealed class PurgeResult")]
    [InlineData("a record is a class", "public record RetryContext", "public class RetryContext")]
    [InlineData("a struct is not read-only", "public readonly struct TaskName", "public struct TaskName")]
    [InlineData("a base class differs", "public sealed class DurableClientAttribute : InputBindingAttribute", "public sealed class DurableClientAttribute : OutputBindingAttribute")]
    [InlineData("an interface is not listed", ": IOrchestrationSubmitter, IAsyncDisposable", ": IAsyncDisposable")]
    [InlineData("a usage differs", "[System.AttributeUsageAttribute(System.AttributeTargets.Method | System.AttributeTargets.Property)]", "[System.AttributeUsageAttribute(System.AttributeTargets.Method)]")]
    [InlineData("a delegate returns something else", "public delegate bool RetryHandler(", "public delegate int RetryHandler(")]
    [InlineData("a namespace differs", "Microsoft.DurableTask.AsyncPageable<T>", "Microsoft.DurableTask.Client.AsyncPageable<T>")]
    [InlineData("an assembly differs", "[Microsoft.Azure.Functions.Worker.Extensions.Abstractions] Microsoft.Azure.Functions.Worker.FunctionAttribute", "[Microsoft.Azure.Functions.Worker.Core] Microsoft.Azure.Functions.Worker.FunctionAttribute")]
    public void Faults_doctored_listing_is_noticed(string difference, string original, string doctored)
    {
        Packages.SkipUnlessOffline();
        string listing = Listing.ReplaceLineEndings("\n");
        Assert.Contains(original, listing, StringComparison.Ordinal);

        IReadOnlyList<string> faults = ApiComparer.Faults(
            StandIns(), ApiListing.Parse(listing.Replace(original, doctored, StringComparison.Ordinal)));

        Assert.True(faults.Count > 0, $"Nobody noticed that {difference}.");
    }

    [Fact]
    public void Parse_without_heading_names_the_line()
    {
        FormatException error = Assert.Throws<FormatException>(() => ApiListing.Parse("public class Orphan\n    public Orphan();"));

        Assert.Contains("public class Orphan", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<ApiType> StandIns() =>
        StandInApiTests.Assemblies.SelectMany(row => ApiPrinter.Print(Assembly.Load(row.Data)));
}
