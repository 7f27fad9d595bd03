using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HpoServerless.Bench;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string[] known = ["advance", "in-process", "python", "optuna"];
string[] wanted = [.. args.Where(a => a != "--json")];
if (wanted.Except(known).Any())
{
    Console.Error.WriteLine($"usage: bench [--json] [{string.Join("] [", known)}]   (all of them where none is named)");
    return 2;
}

List<BenchResult> results = [];
if (wanted is [string only])
{
    results.AddRange(only switch
    {
        "advance" => AdvanceBench.Run(),
        "in-process" => await EndToEndBench.InProcessAsync(10_000),
        "python" => await EndToEndBench.PythonAsync(10_000),
        _ => await OptunaBench.RunAsync(),
    });
}
else
{
    foreach (string name in wanted.Length == 0 ? known : wanted)
    {
        Console.Error.WriteLine($"measuring {name} ...");
        results.AddRange(await InItsOwnProcessAsync(name));
    }
}

if (args.Contains("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
    return 0;
}

double? peer = results.FirstOrDefault(r => r.Name.StartsWith("Optuna", StringComparison.Ordinal))?.Value;
Console.WriteLine($"{"what",-54} {"figure",12} {"unit",-26} {"to Optuna",10}  target");
foreach (BenchResult result in results)
{
    string ratio = result.Unit == "trials/s" && peer is { } p ? $"{result.Value / p:0.0}x" : string.Empty;
    Console.WriteLine($"{result.Name,-54} {result.Value,12:0.####} {result.Unit,-26} {ratio,10}  {result.Target}");
}

return 0;

// So that the peak memory of one is not that of another.
static async Task<IReadOnlyList<BenchResult>> InItsOwnProcessAsync(string name)
{
    using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(BenchResult).Assembly.Location, "--json", name])
    {
        RedirectStandardOutput = true,
    })!;
    string output = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    return process.ExitCode == 0
        ? JsonSerializer.Deserialize<BenchResult[]>(output, JsonSerializerOptions.Web)!
        : throw new InvalidOperationException($"{name} failed with exit code {process.ExitCode}");
}
