using System.Globalization;
using HpoServerless.Bench;
using HpoServerless.Bench.AskTell;
using HpoServerless.Bench.Load;
using HpoServerless.Bench.Pruning;
using HpoServerless.Bench.Quality;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    switch (args)
    {
        case ["--help" or "-h"]:
            PrintUsage(Console.Out);
            return 0;
        case ["quality", .. string[] arguments]:
            return QualityBench.Run(arguments);
        case ["pruning", .. string[] arguments]:
            return PruningBench.Run(arguments);
        case ["scale", .. string[] arguments]:
            return ScaleBench.Run(arguments);
        case ["ask-tell", .. string[] arguments]:
            return await AskTellBench.RunAsync(arguments);
        case ["load", .. string[] arguments]:
            return await LoadBench.RunAsync(arguments);
        case [LoadServer.Argument, string experiments, string slots, string scheduler]:
            return await LoadServer.ServeAsync(int.Parse(experiments), int.Parse(slots), scheduler);
        case ["batch-account"]:
            return await BatchAccount.ServeAsync();
        default:
            return await Throughput.RunAsync(args);
    }
}
catch (UsageException error)
{
    Console.Error.WriteLine(error.Message);
    PrintUsage(Console.Error);
    return 2;
}

static void PrintUsage(TextWriter to)
{
    to.WriteLine($"usage: bench/run {Throughput.Usage}");
    to.WriteLine("Those that take long run by name alone:");
    to.WriteLine($"       bench/run {QualityBench.Usage}");
    to.WriteLine($"       bench/run {AskTellBench.Usage}");
    to.WriteLine($"       bench/run {PruningBench.Usage}");
    to.WriteLine($"       bench/run {ScaleBench.Usage}");
    to.WriteLine($"       bench/run {LoadBench.Usage}");
}
