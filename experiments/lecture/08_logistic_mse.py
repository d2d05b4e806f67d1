"""The same with MSE

The lecture goes on: the data, the net, the start and the optimizer of the BCE fit, with the mean squared error as loss
instead. After as many epochs the fit is worse. To judge that, both are trained at other learning rates too.
"""

import tensorflow as tf

from tfreg import Findings, Problem, datasets, draw, script, train

from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD

START = (-1.0035313, 0.0)
OTHER_RATES = (0.01, 0.3, 1.0, 10.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.bernoulli_line(ones=False)
    net = Sequential([Input((1,)), Dense(1, activation="sigmoid")])
    bce = lambda y, p: -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    mse = lambda y, p: tf.reduce_mean((y - p) ** 2)
    problems = {"BCE": Problem(net, bce, data), "MSE": Problem(net, mse, data)}

    runs = {loss: train(problem, SGD(learning_rate), epochs, START) for loss, problem in problems.items()}
    fits = {f"{loss} fit": problems[loss].predictions_at(run.weights.values[-1])[:, 0] for loss, run in runs.items()}

    # By learning rate, how far the fits of BCE and of MSE are from the true probability on average.
    off = {}
    for rate in sorted({learning_rate, *OTHER_RATES}):
        ends = [train(problem, SGD(rate), epochs, START).weights.values[-1] for problem in problems.values()]
        off[rate] = [abs(problems["BCE"].predictions_at(end)[:, 0] - data.expected).mean() for end in ends]
    worse = [off_mse > off_bce for off_bce, off_mse in off.values()]
    distances = ", ".join(f"{off_mse:.3f} and {off_bce:.3f} at {rate:g}" for rate, (off_bce, off_mse) in off.items())

    found = Findings(
        f"From the same start after {epochs} epochs of SGD({learning_rate:g}) the MSE fit is "
        f"{off[learning_rate][1]:.3f} from the true probability on average, the BCE fit {off[learning_rate][0]:.3f}."
    )
    for loss, run in runs.items():
        found.run(loss.lower(), run)
    styles = {f"{loss} fit": draw.LOSSES[loss.lower()] for loss in runs}
    found.figure(
        "fit",
        draw.data(data, fits, title=f"MSE and BCE after {epochs} epochs of SGD({learning_rate:g})", styles=styles),
        "The fits with both losses after as many epochs from the same start, which was solved for in experiment 7.",
    )
    found.claim(
        "said: from the same start with the same epochs MSE fits the logistic model worse than BCE",
        holds=all(worse) or ("depends" if any(worse) else False),
        because=f"mean distance of the MSE and the BCE fit from the true probability by learning rate: {distances}",
    )
    return found


if __name__ == "__main__":
    script(main)
