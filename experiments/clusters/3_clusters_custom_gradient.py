"""A gradient by hand

The last part of "[PyTorch] implementing logistic regression": a + b x on the same clusters, trained for 100 epochs with
a learning rate of 0.001 on the cross-entropy with its gradient by hand. That gradient is not divided by the number of
points, although the loss is, and it ignores the upstream gradient. So the learning rate acts like 1.0 on the loss that
is printed, and scaling the loss would change nothing at all. The start was solved for.
"""

import numpy as np
from by_hand import cross_entropy_with_logits

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

import keras
from keras.layers import Dense
from keras.optimizers import SGD

START = (0.8600235, -0.5304895)  # b, a


def main(epochs: int = 100, learning_rate: float = 0.001) -> Findings:
    data = datasets.clusters()
    line = keras.Sequential([keras.Input((1,)), Dense(1)])
    by_hand = Problem(line, lambda y, logits: cross_entropy_with_logits(logits, y), data)
    correct = Problem(models.logistic(1, bias=True), losses.bce, data)
    run = train(by_hand, SGD(learning_rate), epochs, START)
    slow, fast = (train(correct, SGD(rate), epochs, START) for rate in (learning_rate, 1000 * learning_rate))
    b, a = run.weights.values[-1]
    off, off_fast = (abs(run.weights.values - other.weights.values).max() for other in (slow, fast))

    found = Findings(
        f"In {epochs} epochs the gradient by hand takes the loss from {run.loss[0]:.3f} to {run.loss[-1]:.3f}, the "
        f"correct one at the same rate to {slow.loss[-1]:.3f}. The start was solved for."
    )
    found.run("by_hand", run)
    found.run("correct", slow)
    found.run("correct_1000", fast)
    curves = {"by hand": run.loss, "correct, same rate": slow.loss, "correct, 1000 times the rate": fast.loss}
    title = f"The gradient by hand at rate {learning_rate:g}, and the correct one"
    loss = draw.curves(run.epoch, {"loss": curves}, title=title)
    found.figure(
        "loss", loss, "From a start that was solved for: at 1000 times the rate the correct gradient is the same."
    )
    x, y, along = data.inputs[:, 0], data.targets[:, 0], np.linspace(-4, 8, 121)
    predicted = np.where(a + b * x > 0, "predicted y = 1", "predicted y = 0")
    fitted = {"fitted": (along, datasets.sigmoid(a + b * along))}
    figure = draw.points(x, y, predicted, fitted, title=f"Two clusters, fit after {epochs} epochs by hand")
    found.figure(
        "fit",
        figure,
        "The fit over the points, coloured by the class that it predicts; from a start that was solved for.",
    )

    found.number("loss", run.loss[:100:10])
    found.number("weights", (a, b))
    found.claim(
        "implied: the gradient by hand is that of the mean cross-entropy, which is printed",
        holds=off < 1e-4,
        because=f"at the same rate the correct gradient ends at a loss of {slow.loss[-1]:.3f}; with 1000 times the "
        f"rate its weights keep within {off_fast:.0e} of those by hand",
    )
    return found


if __name__ == "__main__":
    script(main)
