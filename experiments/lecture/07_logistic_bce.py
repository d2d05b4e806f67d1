"""Logistic regression with BCE

The lecture's logistic regression: 2000 points y ~ Bernoulli(sigmoid(-1 + 5 x)), one Dense unit with a sigmoid, SGD on
the binary cross-entropy. The lecture prints the kernel and bias after 1000 epochs, but no start: the kernel that leads
there was solved for (the bias starts at zero), in float32, whose rounding decides the last digits.
"""

from rounding import apart, order_scatter

from tfreg import Findings, Problem, datasets, draw, models, script, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD

START = (-1.0035313, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.bernoulli_line(ones=False)
    net = Sequential([Input((1,)), Dense(1, activation="sigmoid")])
    bce = lambda y, p: -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    problem = Problem(net, bce, data)
    run = train(problem, SGD(learning_rate), epochs, START)

    kernel, bias = run.weights.values[-1]
    fit = problem.predictions_at(run.weights.values[-1])[:, 0]
    off = abs(fit - data.expected).max()
    found = Findings(
        f"After {epochs} epochs the fit is sigmoid({bias:.3f} + {kernel:.3f} x), at most {off:.3f} from the true "
        "probability. The start was solved for."
    )
    found.run("run", run)
    other_orders = apart(order_scatter(problem, SGD(learning_rate), epochs, START))
    found.number("weights", run.weights.values[-1], because=f"{other_orders}; the start was solved for")
    found.figure(
        "data",
        draw.data(data, title="2000 draws and their probability"),
        "The data: 2000 draws of 0 or 1, and the probability that they were drawn with.",
    )
    trained = models.holding(net, run.weights.values[-1])
    found.figure("network", draw.network(trained, ["x"]), "The net, with its weights after training.")
    found.figure("layers", draw.layers(net), "The net, layer by layer.")
    title = f"BCE after {epochs} epochs of SGD({learning_rate:g})"
    found.figure(
        "fit",
        draw.data(data, {"BCE fit": fit}, title=title, styles={"BCE fit": draw.LOSSES["bce"]}),
        "The fit with BCE beside the true probability; its start was solved for from the printed weights.",
    )
    found.claim(
        "implied: one sigmoid unit trained on BCE recovers the curve",
        holds=off < 0.1,
        because=f"the fit is at most {off:.3f} from the true probability",
    )
    return found


if __name__ == "__main__":
    script(main)
