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


        def segfault(config, reporter):
            import ctypes
            ctypes.string_at(0)


        def budgeted(config, budget):
            return config["x"] + budget


        class Summing:
            def setup(self, config):
                self.config = config
                self.restored = False
                self.sum = 0

            def step(self):
                self.sum += 1
                if self.sum == 4 and self.config.get("hangs") and not self.restored:
                    time.sleep(600)
                return {"loss": 10 - self.sum, "pid": os.getpid(), "done": self.sum == 6}

            def save_checkpoint(self, folder):
                with open(os.path.join(folder, "sum"), "w") as file:
                    file.write(str(self.sum))

            def load_checkpoint(self, folder):
                self.restored = True
                with open(os.path.join(folder, "sum")) as file:
                    self.sum = int(file.read())


        class Endless(Summing):
            def step(self):
                time.sleep(0.01)
                self.sum += 1
                return {"loss": 10 - self.sum}


        class Hoarding(Summing):
            def save_checkpoint(self, folder):
                time.sleep(600)


        class Forgetful:
            def setup(self, config):
                self.sum = 0

            def step(self):
                self.sum += 1
                return {"loss": 10 - self.sum, "done": self.sum == 6}


        def flood(config, reporter):
            for step in range(config["reports"]):
                reporter(loss=float(step))
        """;
}
