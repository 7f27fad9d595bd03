"""Trains a small neural network on scikit-learn's handwritten digits, one epoch a step."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pickle
import warnings

import numpy
from ray import tune
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)

CLASSES = numpy.arange(10)


class Digits(tune.Trainable):
    """The loss is the cross entropy on digits that were held back; the test digits are looked at, but not learned from."""

    def setup(self, config):
        images, labels = load_digits(return_X_y=True)
        rest, self.test, rest_labels, self.test_labels = train_test_split(images / 16, labels, test_size=0.25, random_state=0, stratify=labels)
        self.train, self.held, self.train_labels, self.held_labels = train_test_split(rest, rest_labels, test_size=0.25, random_state=1, stratify=rest_labels)
        self.model = MLPClassifier(
            hidden_layer_sizes=(int(config["width"]),) * config["depth"],
            activation=config["activation"],
            solver=config["solver"],
            alpha=config["l2"],
            learning_rate_init=config["learning_rate"],
            batch_size=config["batch_size"],
            momentum=config.get("momentum", 0.9),
            random_state=7,
        )

    def step(self):
        self.model.partial_fit(self.train, self.train_labels, CLASSES)
        guesses = numpy.nan_to_num(self.model.predict_proba(self.held), nan=0.1)
        return {
            "loss": log_loss(self.held_labels, guesses, labels=CLASSES),
            "accuracy": self.model.score(self.held, self.held_labels),
            "test_accuracy": self.model.score(self.test, self.test_labels),
        }

    def save_checkpoint(self, folder):
        with open(os.path.join(folder, "model.pkl"), "wb") as file:
            pickle.dump(self.model, file)

    def load_checkpoint(self, folder):
        with open(os.path.join(folder, "model.pkl"), "rb") as file:
            self.model = pickle.load(file)
