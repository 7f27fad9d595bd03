using System.Globalization;
using HpoServerless.Bench;
using HpoServerless.Bench.AskTell;
using HpoServerless.Bench.Quality;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    return args switch
    {
        ["quality", .. string[] arguments] => QualityBench.Run(arguments),
        ["ask-tell", .. string[] arguments] => await AskTellBench.RunAsync(arguments),
        _ => await Throughput.RunAsync(args),
    };
}
catch (UsageException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine($"usage: bench/run {Throughput.Usage}");
    Console.Error.WriteLine("Those that take long run by name alone:");
    Console.Error.WriteLine($"       bench/run {QualityBench.Usage}");
    Console.Error.WriteLine($"       bench/run {AskTellBench.Usage}");
    return 2;
}
