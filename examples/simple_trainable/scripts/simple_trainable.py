import json
import math
import os

from ray.tune import Trainable


class SimpleTrainable(Trainable):
    def _setup(self, config):
        self.alpha = config["alpha"]
        self.beta = config["beta"]
        self.epochs = 0

    def _train(self):
        self.epochs += 1
        loss = self.alpha * math.tanh(1 / self.beta)
        return {"loss": loss, "epochs": self.epochs}

    def _save(self, checkpoint_dir):
        path = os.path.join(checkpoint_dir, "epochs.json")
        with open(path, "w") as file:
            json.dump({"epochs": self.epochs}, file)
        return path

    def _restore(self, path):
        with open(path) as file:
            self.epochs = json.load(file)["epochs"]
