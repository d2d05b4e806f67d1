"""The source's sigmoid and cross-entropy on ten logits

The second part of "[PyTorch] implementing logistic regression" writes a sigmoid and a cross-entropy with gradients by
hand, and tries both on ten random logits and targets, unseeded but printed with four decimals. The gradient of the
sigmoid ignores the upstream gradient: alone it is right, but in a chain it pushes every logit down.
"""

import numpy as np
from by_hand import cross_entropy_with_logits, sigmoid

from tfreg import Findings, draw, script

import tensorflow as tf
from keras.losses import BinaryCrossentropy

LOGITS = np.array([-0.0578, -0.2759, 1.4966, -1.6991, 0.7557, 0.5992, 1.1118, -0.6826, 0.1755, -0.0991])
TARGETS = np.array([0.0, 0, 1, 0, 0, 1, 1, 1, 0, 1])


def main() -> Findings:
    logits, targets = tf.constant(LOGITS), tf.constant(TARGETS)
    probabilities = sigmoid(logits).numpy()
    loss = float(cross_entropy_with_logits(logits, targets))
    built_in = float(BinaryCrossentropy(from_logits=True)(TARGETS, LOGITS))
    n_right = np.sum((LOGITS > 0) == TARGETS)
    found = Findings(f"{n_right} of the ten logits are on the right side; the loss is {loss:.4f}, a coin's 0.6931.")
    curve = {"sigmoid": (np.linspace(-3, 3, 121), sigmoid(np.linspace(-3, 3, 121)).numpy())}
    classes, axes = np.where(TARGETS, "y = 1", "y = 0"), ("logit", "probability")
    figure = draw.points(LOGITS, probabilities, classes, curve, axes, title="Ten random logits")
    found.figure("sigmoid", figure, "Ten random logits on the sigmoid, and their targets.")

    left_open = f"the four decimals of the logits leave {5e-5 * (probabilities * (1 - probabilities)).max():.2e} open"
    found.number("probabilities", probabilities, because=left_open)
    found.number("loss", loss)
    found.claim(
        "implied: the cross-entropy by hand equals the library's",
        holds=abs(loss - built_in) < 1e-6,
        because=f"written out the loss is {loss:.6f}, Keras's own is {built_in:.6f}",
    )
    squares, gradient = (squared_error_gradient(function, logits, targets) for function in (tf.sigmoid, sigmoid))
    found.claim(
        "implied: the gradient of the sigmoid by hand is right",
        holds=np.allclose(gradient, squares),
        because=f"of the squared errors (y - p)² it pushes {np.sum(gradient > 0)} of ten logits down, the right one "
        f"{np.sum(squares > 0)}: it gives p (1 - p), from {gradient.min():.2f} to {gradient.max():.2f}, whatever the "
        f"target; the right one lies from {squares.min():.2f} to {squares.max():.2f}",
    )
    return found


def squared_error_gradient(function, logits: tf.Tensor, targets: tf.Tensor) -> np.ndarray:
    """The gradient of the sum of squared errors by the logits (10,), the errors being those of a sigmoid."""
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_sum((targets - function(logits)) ** 2)
    return tape.gradient(loss, logits).numpy()


if __name__ == "__main__":
    script(main)
