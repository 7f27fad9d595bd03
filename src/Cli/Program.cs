using HpoServerless.Cli;

using Interruption interruption = new();
return await HpoCli.RunAsync(args, CliContext.ForProcess() with { LetEndTakeLong = interruption.LetEndTakeLong }, interruption.Token);
