using HpoServerless.Cli;

return await HpoCli.RunAsync(args, CliContext.ForProcess(), CancellationToken.None);
