using HpoServerless.Cli;

using Interruption interruption = new();
return await HpoCli.RunAsync(args, CliContext.ForProcess(), interruption.Token);
