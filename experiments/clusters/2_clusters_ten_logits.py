"""Ten logits

Before it trains anything the source tries its sigmoid and its cross-entropy on ten random logits and targets. The draws
have no seed, but they are printed, with four decimals: what follows from them can be checked to about as many.
"""

import numpy as np

from tfreg import Claim, Findings, figures, losses, script

from keras.losses import BinaryCrossentropy
from keras.ops import sigmoid

LOGITS = np.array([-0.0578, -0.2759, 1.4966, -1.6991, 0.7557, 0.5992, 1.1118, -0.6826, 0.1755, -0.0991])
TARGETS = np.array([0.0, 0, 1, 0, 0, 1, 1, 1, 0, 1])


def main() -> Findings:
    probabilities = sigmoid(LOGITS).numpy()
    loss = float(losses.bce(TARGETS, probabilities))
    built_in = float(BinaryCrossentropy(from_logits=True)(TARGETS, LOGITS))
    n_right = np.sum((LOGITS > 0) == TARGETS)
    found = f"written out the loss is {loss:.6f}, Keras's own is {built_in:.6f}"
    x = np.linspace(-3, 3, 121)
    classes, curve = np.where(TARGETS, "y = 1", "y = 0"), {"sigmoid": (x, sigmoid(x).numpy())}
    return Findings(
        summary=f"{n_right} of the ten are on the right side; {found}, a coin's would be {np.log(2):.4f}.",
        figures={
            "sigmoid": (
                figures.points(LOGITS, probabilities, classes, curve, ("logit", "probability"), "Ten random logits"),
                "Ten random logits on the sigmoid, and what they should have been.",
            )
        },
        numbers={"probabilities": probabilities, "loss": loss},
        claims=(
            Claim(
                "the hand-written cross-entropy is the library's",
                "holds" if abs(loss - built_in) < 1e-6 else "fails",
                found,
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
