using System.Globalization;
using HpoServerless.Bench;
using HpoServerless.Bench.Quality;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    return args is ["quality", .. string[] quality] ? QualityBench.Run(quality) : await Throughput.RunAsync(args);
}
catch (UsageException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine($"usage: bench/run {Throughput.Usage}");
    Console.Error.WriteLine("Those that take long run by name alone:");
    Console.Error.WriteLine($"       bench/run {QualityBench.Usage}");
    return 2;
}
