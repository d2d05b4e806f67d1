"""Does the computed sigmoid lie between 0 and 1?

"PyTorch – Logistic Regression" says of the sigmoid that it tends to 1 and to 0 and lies between them. Of real numbers
that is true. Computed in float32 or float64 it is exactly 1 from some logit on, and there the unclipped cross-entropy
of a target 0 is infinite and its gradient is not finite. Far below zero it is exactly 0 too, but only much later.
"""

import numpy as np

from tfreg import Findings, datasets, draw, script

import tensorflow as tf

LOGITS = np.arange(0, 800, 0.1)
TYPES = ("float32", "float64")
STYLES = {
    "exact": draw.Style("#7F7F7F", ":"),
    "float32": draw.Style("#56B4E9", width=5),
    "float64": draw.Style("#D55E00"),
}


def main() -> Findings:
    loss, gradient = zip(*(cross_entropy_of_zero(LOGITS.astype(dtype)) for dtype in TYPES), strict=True)
    one, zero = [], []
    for dtype in TYPES:
        one.append(first(tf.sigmoid(LOGITS.astype(dtype)).numpy() == 1))
        zero.append(first(tf.sigmoid(-LOGITS.astype(dtype)).numpy() == 0))
    infinite, lost = ([first(~np.isfinite(values)) for values in each] for each in (loss, gradient))
    corners = np.array([(w0, w1) for w0 in (-10, 3) for w1 in (-1, 10)])
    highest = (datasets.bernoulli_line().inputs @ corners.T).max()

    found = Findings(
        f"The computed sigmoid is exactly 1 from a logit of {one[0]:.1f} on in float32, of {one[1]:.1f} in float64."
    )
    panel = {"exact": np.logaddexp(0, LOGITS)} | dict(zip(TYPES, loss, strict=True))
    shown = {name: np.where(np.isfinite(values), values, np.nan)[LOGITS <= 40] for name, values in panel.items()}
    title = "Cross-entropy of a target 0"
    figure = draw.curves(LOGITS[LOGITS <= 40], {"loss": shown}, "logit", title=title, styles=STYLES)
    found.figure("loss", figure, "The unclipped cross-entropy of a target 0: computed curves end where it is infinite.")
    found.claim(
        "said: the sigmoid tends to 1 and to 0 and lies between them",
        holds="depends" if np.isfinite(one + zero).any() else True,
        because=f"of real numbers 1 - sigmoid(x) = 1 / (1 + exp(x)) is above 0 for every x; computed the sigmoid is 1 "
        f"from x = {one[0]:.1f} on in float32 and from {one[1]:.1f} in float64, and 0 from x = {-zero[0]:.1f} and "
        f"{-zero[1]:.1f} downwards",
    )
    found.claim(
        "ours: the unclipped cross-entropy is finite for every logit",
        holds=not np.isfinite(infinite).any(),
        because=f"of a target 0 it is infinite from {infinite[0]:.1f} on in float32 and from {infinite[1]:.1f} in "
        f"float64, its gradient not finite from {lost[0]:.1f} and {lost[1]:.1f}; the lecture's grid has logits up to "
        f"{highest:.1f}",
    )
    return found


def cross_entropy_of_zero(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unclipped cross-entropy (n,) of a target 0 by logits (n,), and its gradient (n,)."""
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        loss = -tf.math.log(1 - tf.sigmoid(variable))
    return loss.numpy(), tape.gradient(loss, variable).numpy()


def first(here: np.ndarray) -> float:
    """The least logit at which something is so; infinity if it never is."""
    return float(LOGITS[here].min(initial=np.inf))


if __name__ == "__main__":
    script(main)
