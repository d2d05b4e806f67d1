"""Logistic regression with MSE

The lecture goes on: the data, the net, the start and the optimizer of the BCE fit, with the mean squared error as loss
instead. After the same number of epochs the fit is worse. How that depends on the learning rate is asked in
`mse_rates`.
"""

from tfreg import Findings, Problem, datasets, draw, script, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD

START = (-1.0035313, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.bernoulli_line(ones=False)
    net = Sequential([Input((1,)), Dense(1, activation="sigmoid")])
    bce = lambda y, p: -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    mse = lambda y, p: tf.reduce_mean((y - p) ** 2)
    problems = {"BCE": Problem(net, bce, data), "MSE": Problem(net, mse, data)}

    runs = {loss: train(problem, SGD(learning_rate), epochs, START) for loss, problem in problems.items()}
    fits = {f"{loss} fit": problems[loss].predictions_at(run.weights.values[-1])[:, 0] for loss, run in runs.items()}

    off = {loss: abs(fits[f"{loss} fit"] - data.expected).mean() for loss in problems}

    found = Findings(
        f"From the same start after {epochs} epochs of SGD({learning_rate:g}) the MSE fit is {off['MSE']:.3f} from the "
        f"true probability on average, the BCE fit {off['BCE']:.3f}. The start was solved for."
    )
    for loss, run in runs.items():
        found.run(loss.lower(), run)
    styles = {f"{loss} fit": draw.LOSSES[loss.lower()] for loss in runs}
    found.figure(
        "fit",
        draw.data(data, fits, title=f"MSE and BCE after {epochs} epochs of SGD({learning_rate:g})", styles=styles),
        "The fits with both losses from the start that was solved for in experiment 7.",
    )
    found.claim(
        "said: after the same epochs from the same start MSE fits the logistic model worse than BCE",
        holds=off["MSE"] > off["BCE"],
        because=f"after {epochs} epochs of SGD({learning_rate:g}) the MSE fit is {off['MSE']:.4f} from the true "
        f"probability on average, the BCE fit {off['BCE']:.4f}",
    )
    return found


if __name__ == "__main__":
    script(main)
