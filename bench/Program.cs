using HpoServerless.Bench;

foreach (BenchResult result in AdvanceBench.Run())
{
    Console.WriteLine($"{result.Name,-50} {result.Value,12:0.####} {result.Unit}");
}

return 0;
