"""Do 3000 iterations overfit twelve rookies?

"Logistic regression in practice" says that its 3000 iterations overfit. Each rookie in turn is left out, the model of
`draft_sum` trained on the other eleven, and the one left out predicted after each update. A coin has a loss
of 0.693 for each rookie.
"""

import numpy as np

from tfreg import Dataset, Findings, Problem, datasets, draw, models, script, train

import tensorflow as tf
from keras.optimizers import SGD

START = np.random.RandomState(220104).randn(4)
SAID = 3000  # iterations
COIN = np.log(2)


def main(epochs: int = 10000, learning_rate: float = 0.001) -> Findings:
    data = datasets.rookies()
    summed = lambda y, p: -tf.reduce_sum(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    everyone = Problem(models.logistic(3, bias=True, dtype="float64"), summed, data)
    eleven = everyone.on(without(data, 0))
    left_out, trained = [], []
    for rookie in range(len(data.inputs)):
        run = train(eleven.on(without(data, rookie)), SGD(learning_rate), epochs, START)
        predicted = everyone.predictions_at(run.weights)[:, rookie, 0]
        left_out.append(-np.log(np.where(data.targets[rookie, 0], predicted, 1 - predicted)))
        trained.append(run.loss / (len(data.inputs) - 1))

    losses = {"trained on": np.mean(trained, axis=0), "left out": np.mean(left_out, axis=0)}
    updates = run.epoch.values
    at = min(SAID, epochs)
    best = int(losses["left out"].argmin())
    right = np.sum(np.array(left_out)[:, at] < COIN)
    rises = np.array(left_out)[:, at] - np.array(left_out)[:, best]
    rise, error = rises.mean(), rises.std(ddof=1) / np.sqrt(len(rises))
    without_one = np.delete(rises, rises.argmax()).mean()

    found = Findings(
        f"After {updates[at]} updates the mean loss is {losses['trained on'][at]:.2f} for those trained on and "
        f"{losses['left out'][at]:.2f} for those left out; a coin's is {COIN:.2f}."
    )
    curves = losses | {"a coin": np.full(len(updates), COIN)}
    title = "Twelve rookies, each left out once"
    styles = {"a coin": draw.Style("#7F7F7F", "--")}
    figure = draw.curves(updates, {"mean loss": curves}, "updates", title=title, log_x=True, styles=styles)
    found.figure("losses", figure, "The mean loss of those trained on and of those left out, by the number of updates.")
    found.claim(
        "said: 3000 iterations overfit",
        holds=bool(rise > 0 and at > best) and (rise > 2 * error or "depends"),
        because=f"after {updates[at]} updates the mean loss is {losses['left out'][at]:.3f} for rookies left out, "
        f"{losses['trained on'][at]:.3f} for those trained on, {COIN:.3f} for a coin; left out, the least is "
        f"{losses['left out'][best]:.3f} after {updates[best]}. But it rises by {rise:.2f} with a standard error of "
        f"{error:.2f}, without one rookie by {without_one:.2f}; {right} of {len(left_out)} are predicted right",
    )
    return found


def without(data: Dataset, row: int) -> Dataset:
    """The data without one row."""
    return Dataset("all but one", np.delete(data.inputs, row, axis=0), np.delete(data.targets, row, axis=0))


if __name__ == "__main__":
    script(main)
