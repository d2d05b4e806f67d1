"""Six pupils, a subclass of Model

The third model of "PyTorch – Logistic Regression", a subclass of `nn.Module` and here of `keras.Model` that holds the
same layer: the same model, written in another way. Its random start is not known and the eleven printed losses do not
settle it; this is the shortest of a family of starts that lead to them. The accuracies beside them are stale again.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

import keras
from keras.layers import Dense
from keras.optimizers import SGD

START = (-0.17381711, -0.04892494, 0.25342782)


class BinaryClassifier(keras.Model):
    """One unit and a sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = Dense(1)

    def call(self, inputs):
        """The probability of passing."""
        return keras.ops.sigmoid(self.linear(inputs))


def main(epochs: int = 1001, learning_rate: float = 1.0) -> Findings:
    data, sgd = datasets.six_pupils(), SGD(learning_rate)
    problem = Problem(keras.Sequential([keras.Input((2,)), BinaryClassifier()]), losses.bce, data)
    in_a_row = Problem(models.logistic(2, bias=True), losses.bce, data)
    run, same = train(problem, sgd, epochs, START), train(in_a_row, sgd, epochs, START)
    from_zero = train(problem, sgd, epochs, (0, 0, 0))

    accuracy = 100 * ((problem.predictions_at(run.weights) > 0.5) == data.targets).mean(axis=(1, 2))
    stale = 100 * np.mean((problem.predictions_at(from_zero.weights[-1]) > 0.5) == data.targets)
    printed = np.full(epochs + 1, stale)
    below = np.flatnonzero(accuracy < 100)
    apart = abs(run.weights - same.weights.values).max().item()

    found = Findings(
        f"Subclass and Sequential stay within {apart:.1g} of each other; the loss falls to {run.loss[-1]:.4f}. "
        f"Every row says {stale:.0f} % again. The start was solved for."
    )
    found.run("run", run)
    panels = {"loss": {"BCE": run.loss}, "accuracy in %": {"as printed": printed, "of this model": accuracy}}
    training = draw.curves(run.epoch, panels, title="Six pupils, a subclass of keras.Model", log_x=True)
    found.figure("training", training, "From a start that was solved for: the printed accuracy is another model's.")

    found.number("loss", run.loss[:1001:100])
    others = f"the accuracy of the model trained from zero; this one's is {accuracy[0]:.0f} % at epoch 0"
    found.number("accuracy", printed[:1001:100], because=others)
    found.claim(
        "printed: the subclass has all six right from epoch 0 on",
        holds=len(below) == 0,
        because=f"from this start its own accuracy is {accuracy[0]:.0f} % at epoch 0 and below 100 % in {len(below)} "
        f"of {epochs + 1} epochs, the last of them {below[-1]}",
    )
    found.claim(
        "implied: a subclass of Model learns what a Sequential learns",
        holds=apart < 1e-4,
        because=f"from the same start their weights differ by at most {apart:.1g} in {epochs} epochs",
    )
    return found


if __name__ == "__main__":
    script(main)
