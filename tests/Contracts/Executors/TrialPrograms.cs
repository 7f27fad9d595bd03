namespace HpoServerless.Contracts.Executors;

/// <summary>The training code that executors are tested with: one Python script, one function a behaviour.</summary>
public static class TrialPrograms
{
    /// <summary>Name of the artifact that holds the script.</summary>
    public const string Scripts = "scripts/contract.zip";

    /// <summary>Name of the script inside.</summary>
    public const string Script = "train.py";

    /// <summary>The script.</summary>
    public const string Text = """
        import os
        import sys
        import time


        def square(config, reporter):
            reporter(loss=config["x"] ** 2)


        def three_steps(config, reporter):
            for step in range(3):
                reporter(loss=config["x"] - step)


        def fail_at_once(config, reporter):
            raise ValueError("the learning rate is negative")


        def fail_after_report(config, reporter):
            reporter(loss=1.5)
            raise ValueError("no memory for\n the second epoch")


        def crash(config, reporter):
            reporter(loss=1.5)
            print("last words")
            sys.stdout.flush()
            os._exit(7)


        def kill_itself(config, reporter):
            os.kill(os.getpid(), 9)


        def sleep(config, reporter):
            reporter(loss=1.0)
            time.sleep(600)


        def obey(config, reporter):
            while True:
                reporter(loss=1.0)
                time.sleep(0.01)


        def refuse(config, reporter):
            while True:
                try:
                    while True:
                        reporter(loss=1.0)
                        time.sleep(0.01)
                except BaseException:
                    pass


        def shout(config, reporter):
            line = "x" * 4095
            for _ in range(config["MiB"] * 256):
                print(line)
            reporter(loss=0.0)


        def flood(config, reporter):
            for step in range(config["reports"]):
                reporter(loss=float(step))
        """;
}
