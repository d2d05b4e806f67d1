"""A thresholded prediction in the gradient

The first part of the NumPy notebook: 1000 points in ten dimensions on two sides of a random plane, and a logistic
regression whose gradient by hand takes the *thresholded* prediction, 0 or 1, for the probability. That is the
perceptron rule, not a descent on the cross-entropy: only points on the wrong side pull, and once there are none, all
stands still. The loss printed every 1000 epochs, computed from the same zeros and ones, depends only on the number of
errors. The data are drawn without a seed; this is one draw, and `threshold_draws` looks at many. The gradient is taken
as a mean over the points, which fits the printed accuracies; summed, they would all be 1 from the first row on.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

import keras
import tensorflow as tf
from keras.layers import Dense
from keras.optimizers import SGD

START = [*np.random.RandomState(22).rand(10), 0.0]
PRINTED_ERRORS = np.array([15, 2, 3, 0, 0])  # of 1000 points


@tf.custom_gradient
def thresholded(y, logits):
    """The printed loss, and the gradient that the notebook descends on."""
    p = tf.cast(tf.sigmoid(logits) > 0.5, logits.dtype)
    loss = -tf.reduce_mean(y * tf.math.log(p + 1e-10) + (1 - y) * tf.math.log(1 - p + 1e-10))
    return loss, lambda upstream: (None, (p - y) / 1000)


def main(epochs: int = 5000, learning_rate: float = 0.01) -> Findings:
    data = datasets.thresholded()
    logit = keras.Sequential([keras.Input((10,), dtype="float64"), Dense(1, dtype="float64")])
    entropy = Problem(models.logistic(10, bias=True, dtype="float64"), losses.bce, data)
    rule = train(Problem(logit, thresholded, data), SGD(learning_rate), epochs, START, record_every=10)
    descent = train(entropy, SGD(learning_rate), epochs, START, record_every=10)

    accuracy = ((entropy.predictions_at(rule.weights) > 0.5) == data.targets).mean(axis=(1, 2))
    true_loss = entropy.loss_at(rule.weights)
    n_wrong = round(1000 * (1 - accuracy[-1]))
    score = LogisticRegression(C=np.inf).fit(data.inputs, data.targets[:, 0]).score(data.inputs, data.targets[:, 0])

    found = Findings(
        f"After {epochs} epochs the rule has {n_wrong} of 1000 points wrong, and still a true BCE of "
        f"{true_loss[-1]:.3f}; descent on that reaches {descent.loss[-1]:.3f} from the same start. The data are "
        "ours (seed 0)."
    )
    found.run("rule", rule)
    found.run("descent", descent)
    by_loss = {"as printed": rule.loss, "true BCE": true_loss, "true BCE, descending on it": descent.loss}
    panels = {"loss": by_loss, "accuracy": {"rule": accuracy}}
    title, styles = "A thresholded prediction in the gradient, one draw of the data", {"true BCE": draw.LOSSES["bce"]}
    training = draw.curves(rule.epoch, panels, title=title, styles=styles)
    found.figure(
        "training", training, "The printed loss counts errors; beside it the true BCE, and the accuracy; data of ours."
    )

    at_places = np.array([loss_of_errors(data.targets[:, 0], PRINTED_ERRORS, seed) for seed in range(100)])
    printed_loss, moved = at_places[0], np.ptp(at_places, axis=0).max()
    elsewhere = (
        f"of the printed errors at some points; at other points the order of adding moves it by up to {moved:.1e}"
    )
    found.number("loss", printed_loss, because=elsewhere)
    # Recorded one update after the printed epochs 999, 1999, …
    found.number("accuracy", accuracy[100::100], because="unseeded data; of one draw, many are in threshold_draws")
    found.number("sklearn_score", score, because="unseeded data; of one draw")
    found.claim(
        "said: what is descended on, and printed, is the binary cross-entropy",
        holds=np.isclose(true_loss[-1], descent.loss[-1], rtol=0.01),
        because=f"{PRINTED_ERRORS[0]} errors print {printed_loss[0]:.4f} whatever the probabilities; the rule ends at "
        f"a true BCE of {true_loss[-1]:.3f}, descent on the BCE at {descent.loss[-1]:.3f}",
    )
    return found


def loss_of_errors(targets: np.ndarray, n_errors: np.ndarray, seed: int) -> np.ndarray:
    """The printed loss (n_counts,) of so many errors, at random places."""
    places = np.random.RandomState(seed).permutation(len(targets))
    predicted = abs(targets - (places < n_errors[:, np.newaxis]))
    return -np.mean(targets * np.log(predicted + 1e-10) + (1 - targets) * np.log(1 - predicted + 1e-10), axis=1)


if __name__ == "__main__":
    script(main)
