"""A thresholded prediction in the gradient

1000 points in ten dimensions, on two sides of a random plane, and a logistic regression in NumPy, in float64, whose
gradient by hand takes the *thresholded* prediction, 0 or 1, for the probability. That is no descent on the
cross-entropy but the perceptron rule: only points on the wrong side pull, and once there are none all stands still.
The loss printed every 1000 epochs is computed from the same zeros and ones: it knows nothing but the number of errors,
and thanks to its epsilon of 1e-10 is below zero when there are none. The source sets no seed for its data, so the
accuracies cannot come back: 100 draws show what they can be. The gradient is taken as a mean over the points, which is
what fits the printed accuracies; summed, it would have them all right in the first row.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from tfreg import Claim, Findings, Problem, datasets, figures, losses, models, script, statistics, train

import keras
import tensorflow as tf
from keras.layers import Dense, EinsumDense
from keras.optimizers import SGD

START = [*np.random.RandomState(22).rand(10), 0.0]
PRINTED_ERRORS = np.array([15, 2, 3, 0, 0])


@tf.custom_gradient
def thresholded(y, logits):
    p = tf.cast(tf.sigmoid(logits) > 0.5, logits.dtype)
    loss = -tf.reduce_mean(y * tf.math.log(p + 1e-10) + (1 - y) * tf.math.log(1 - p + 1e-10))
    return loss, lambda upstream: (None, (p - y) / 1000)


def main(epochs: int = 5000, learning_rate: float = 0.01, n_draws: int = 100) -> Findings:
    data, sgd = datasets.thresholded(), SGD(learning_rate)
    logit = keras.Sequential([keras.Input((10,), dtype="float64"), Dense(1, dtype="float64")])
    entropy = Problem(models.logistic(10, bias=True, dtype="float64"), losses.bce, data)
    rule = train(Problem(logit, thresholded, data), sgd, epochs, START, record_every=10)
    descent = train(entropy, sgd, epochs, START, record_every=10)
    accuracy = ((entropy.predictions_at(rule.weights) > 0.5) == data.targets).mean(axis=(1, 2))
    true_loss = entropy.loss_at(rule.weights)

    # All draws in one model, each with weights of its own; recorded one update after the printed epochs 999 to 4999.
    draws = datasets.thresholded_draws(n_draws)
    each = EinsumDense("dfn,df->dn", 1000, bias_axes="d")
    many = Problem(keras.Sequential([keras.Input(batch_shape=draws.inputs.shape), each]), thresholded, draws)
    start = [*np.tile(START[:10], n_draws), *np.zeros(n_draws)]
    runs = train(many, sgd, epochs, start, record_every=1000).isel(epoch=slice(1, None))
    right = ((many.predictions_at(runs.weights) > 0) == draws.targets).mean(axis=2)
    low, median, high = np.quantile(right, [0, 0.5, 1], axis=1)
    printed = 1 - PRINTED_ERRORS[: len(low)] / 1000
    n_inside = np.sum((low <= printed) & (printed <= high))
    ranges = ", ".join(f"{a:.3f} to {b:.3f}" for a, b in zip(low, high, strict=True))
    few = zip(draws.inputs[:5], draws.targets[:5], strict=True)
    scores = [LogisticRegression(C=np.inf).fit(x.T, y).score(x.T, y) for x, y in few]

    # The printed loss of so many errors, at random places.
    y, places = data.targets[:, 0], np.random.RandomState(0).permutation(1000)
    p = abs(y - (places < PRINTED_ERRORS[:, np.newaxis]))
    from_errors = -np.mean(y * np.log(p + 1e-10) + (1 - y) * np.log(1 - p + 1e-10), axis=1)
    left = f"a true BCE of {true_loss[-1]:.3f}; descent on that reaches {descent.loss[-1]:.3f} from the same start"
    loss = {"as printed": rule.loss, "true BCE": true_loss, "true BCE, descending on it": descent.loss}
    curves = {"loss": loss, "accuracy": {"rule": accuracy}}
    return Findings(
        summary=f"After {epochs} epochs the rule has all 1000 points right in "
        f"{statistics.share(np.sum(right[-1] == 1), n_draws)} draws, and still {left}.",
        runs={"rule": rule, "descent": descent},
        figures={
            "training": (
                figures.courses(rule.epoch, curves, title="A thresholded prediction in the gradient, one draw"),
                "The printed loss, which counts errors, beside the true cross-entropy, and the accuracy.",
            )
        },
        numbers={"loss": from_errors, "accuracy": median, "sklearn_score": np.mean(scores)},
        evidence={
            "accuracy": f"unseeded data; {n_draws} draws give {ranges}, and these medians; "
            f"{n_inside} of {len(printed)} printed ones lie inside",
            "sklearn_score": f"unseeded data; {len(scores)} draws give {min(scores)} to {max(scores)}",
        },
        claims=(
            Claim(
                "what is descended on, and printed, is the binary cross-entropy",
                "holds" if np.isclose(true_loss[-1], descent.loss[-1], rtol=0.01) else "fails",
                f"{PRINTED_ERRORS[0]} errors print {from_errors[0]:.4f} whatever the probabilities; it ends at {left}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
