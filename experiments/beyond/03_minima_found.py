"""Where random starts of the two-ReLU net end

A thousand starts of the two-ReLU net, drawn as Keras draws them, trained with the lecture's SGD. The final loss shows
where a run ended: near or below the good minimum of experiment 3, in the local minimum of experiment 4, on the
least-squares line, on a constant, or elsewhere, mostly still on its way.
"""

import numpy as np
from lecture_values import GOOD_START, STUCK_START
from relu_nets import end_losses, log_by_share, problem

from tfreg import Findings, comparison, draw, script

from keras.optimizers import SGD


def main(epochs: int = 5000, learning_rate: float = 0.1, n_starts: int = 1000, seed: int = 0) -> Findings:
    two_relus, sgd = problem(2), SGD(learning_rate)
    x, y = two_relus.dataset.inputs[:, 0], two_relus.dataset.targets[:, 0]
    ends = end_losses(two_relus, sgd, epochs, two_relus.random_starts(n_starts, seed))

    good, stuck = end_losses(two_relus, sgd, epochs, [GOOD_START, STUCK_START])
    line = np.polyfit(x, y, 1, full=True)[1][0] / len(x)
    levels = {"good minimum": good, "stuck minimum": stuck, "line": line, "constant": y.var()}
    kinds = {"good minimum": ends <= 1.05 * good}
    kinds |= {kind: np.isclose(ends, level, 1e-3) for kind, level in list(levels.items())[1:]}
    shares = comparison.shares_by_kind(kinds)

    found = Findings(f"Of {n_starts} random starts after {epochs} epochs: {shares}; we drew them (seed {seed}).")
    found.number("end_losses", ends)
    percent, grey = np.linspace(0, 100, 201), ("-", "--", ":", "-.")
    curves = {"random starts": log_by_share(ends, percent)}
    curves |= {kind: np.full(len(percent), np.log10(level)) for kind, level in levels.items()}
    styles = {kind: draw.Style("#7F7F7F", line) for kind, line in zip(levels, grey, strict=True)}
    panel, title = {"log10 of the MSE": curves}, "Where random starts of two ReLUs end"
    found.figure(
        "ends",
        draw.curves(percent, panel, "share of the starts (%)", title=title, styles=styles),
        f"The MSE below which a given share of {n_starts} starts of ours (seed {seed}) ends, and known levels.",
    )
    low, high = comparison.wilson_interval(int(kinds["good minimum"].sum()), n_starts)
    found.claim(
        "ours: most random starts of two ReLUs reach the good minimum",
        holds="depends" if low < 0.5 < high else low > 0.5,
        because=f"{shares}, by their MSE after {epochs} epochs of SGD({learning_rate:g}); in the good minimum are "
        f"those within 5 % of {good:.4f} or lower",
    )
    return found


if __name__ == "__main__":
    script(main)
