"""A gradient by hand

The same clusters; sigmoid and cross-entropy now with gradients written by hand, and a + b x trained for 100 epochs with
a learning rate of 0.001. The gradient of the cross-entropy is not divided by the number of points, although its value
is, and it ignores the upstream gradient. So the learning rate acts like 1.0 on the loss that is printed; scaling the
loss would change nothing at all. The start was solved for.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, figures, losses, models, script, train

import keras
import tensorflow as tf
from keras.layers import Dense
from keras.optimizers import SGD

START = (0.8600235, -0.5304895)  # b, a


@tf.custom_gradient
def sigmoid(logits):
    p = 1 / (1 + tf.exp(-logits))
    return p, lambda upstream: upstream * p * (1 - p)


@tf.custom_gradient
def cross_entropy(y, p):
    loss = -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    return loss, lambda upstream: (None, (p - y) / (p * (1 - p)))


def main(epochs: int = 100, learning_rate: float = 0.001) -> Findings:
    data = datasets.clusters()
    by_hand = Problem(keras.Sequential([keras.Input((1,)), Dense(1, activation=sigmoid)]), cross_entropy, data)
    correct = Problem(models.logistic(1, bias=True), losses.bce, data)
    run = train(by_hand, SGD(learning_rate), epochs, START)
    slow, fast = (train(correct, SGD(rate), epochs, START) for rate in (learning_rate, 1000 * learning_rate))

    weight, bias = run.weights.values[-1]
    x, y = data.inputs[:, 0], data.targets[:, 0]
    curve = np.linspace(-4, 8, 121)
    predicted = np.where(bias + weight * x > 0, "predicted y = 1", "predicted y = 0")
    curves = {"fitted": (curve, datasets.sigmoid(bias + weight * curve))}
    apart = abs(run.weights.values - fast.weights.values).max()
    start, end, by_hand_end = slow.loss.values[0], slow.loss.values[-1], run.loss.values[-1]
    found = (
        f"the correct gradient takes the loss from {start:.3f} to {end:.3f}, the one by hand to {by_hand_end:.3f}; "
        f"with 1000 times the learning rate the correct one keeps within {apart:.0e} of its weights"
    )
    courses = {"by hand": run.loss, "correct, same rate": slow.loss, "correct, 1000 times the rate": fast.loss}
    return Findings(
        summary=f"In {epochs} epochs at the same rate {found}.",
        runs={"by_hand": run, "correct": slow, "correct_1000": fast},
        figures={
            "loss": (
                figures.courses(run.epoch, {"loss": courses}, title=f"Learning rate {learning_rate:g}"),
                "The loss with the gradient by hand, with the correct one, and with that at 1000 times the rate.",
            ),
            "fit": (
                figures.points(x, y, predicted, curves, title=f"Fit after {epochs} epochs"),
                "The fit over the points, coloured by the class that it predicts.",
            ),
        },
        numbers={"loss": run.loss.values[:100:10], "weights": (bias, weight)},
        claims=(
            Claim(
                "the gradient by hand is that of the mean cross-entropy, which is printed",
                "holds" if abs(run.weights.values - slow.weights.values).max() < 1e-4 else "fails",
                found,
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
