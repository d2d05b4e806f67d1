"""Where random starts of the two-ReLU net end

A thousand starts of the two-ReLU net, drawn as Keras draws them, trained with the lecture's SGD. Where a run ended is
told by its loss: near or below the good minimum of experiment 3, in the local minimum of experiment 4, on the
least-squares line, on a constant, or elsewhere, mostly on its way still.
"""

import numpy as np
from lecture_values import GOOD_START, STUCK_START
from relu_nets import by_share, end_losses, problem

from tfreg import Findings, comparison, draw, script

from keras.optimizers import SGD


def main(epochs: int = 5000, learning_rate: float = 0.1, n_starts: int = 1000, seed: int = 0) -> Findings:
    two_relus, sgd = problem(2), SGD(learning_rate)
    x, y = two_relus.dataset.inputs[:, 0], two_relus.dataset.targets[:, 0]
    ends = end_losses(two_relus, sgd, epochs, two_relus.random_starts(n_starts, seed))

    good, stuck = end_losses(two_relus, sgd, epochs, [GOOD_START, STUCK_START])
    levels = {
        "the stuck minimum": stuck,
        "a line": np.polyfit(x, y, 1, full=True)[1][0] / len(x),
        "a constant": y.var(),
    }
    well = ends <= 1.05 * good
    kinds = {"in the good minimum": well} | {
        f"at {kind}": np.isclose(ends, level, 1e-3) for kind, level in levels.items()
    }
    shares = comparison.shares_by_kind(kinds)

    found = Findings(f"Of {n_starts} random starts after {epochs} epochs: {shares}.")
    found.number("end_losses", ends)
    percent = np.linspace(0, 100, 201)
    curves = {"random starts": by_share(ends, percent), "the good minimum": np.full(len(percent), good)}
    curves |= {kind: np.full(len(percent), level) for kind, level in levels.items()}
    styles = {
        kind: draw.Style("#7F7F7F", line) for kind, line in zip(list(curves)[1:], ("-", "--", ":", "-."), strict=True)
    }
    found.figure(
        "ends",
        draw.curves(
            percent,
            {"MSE at the end": curves},
            "share of the starts (%)",
            title="Where random starts end",
            styles=styles,
        ),
        f"The MSE below which so many of {n_starts} starts end after {epochs} epochs, beside the levels of known places.",
    )
    low, high = comparison.wilson_interval(int(well.sum()), n_starts)
    found.claim(
        "ours: most random starts of two ReLUs reach the good minimum",
        holds="depends" if low < 0.5 < high else low > 0.5,
        because=f"{shares}, by their MSE after {epochs} epochs of SGD({learning_rate:g}); in the good minimum is who is "
        f"within 5 % of {good:.4f} or lower",
    )
    return found


if __name__ == "__main__":
    script(main)
