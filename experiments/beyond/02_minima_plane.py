"""Two minima of the two-ReLU net in one plane

The lecture's two runs of the two-ReLU net, the good one of experiment 3 and the stuck one of experiment 4, on one loss
surface: the plane through the stuck minimum, the good one, and the solved start of the stuck run. Does the stuck
minimum attract perturbed weights back? Its floor is flat: a dead unit's output weight does not matter, so its sign can
be flipped without a change of any prediction, and from there the same perturbations revive the unit.
"""

import numpy as np
from lecture_values import GOOD_START, STUCK_AT, STUCK_START
from relu_nets import end_losses, problem

from tfreg import Findings, comparison, draw, loss_surface, script, surfaces, train

from keras.optimizers import SGD

FLIP = (1, 1, 1, 1, 1, -1, 1)  # the sign of the dead unit's output weight


def main(epochs: int = 1000, learning_rate: float = 0.1, n_perturbed: int = 1000, spread: float = 0.01) -> Findings:
    two_relus, sgd = problem(2), SGD(learning_rate)
    stuck, good = (train(two_relus, sgd, epochs, start) for start in (STUCK_START, GOOD_START))
    stuck_end, good_end = stuck.weights.values[-1], good.weights.values[-1]
    between = two_relus.loss_at(np.linspace(stuck_end, good_end))

    shifts = np.random.default_rng(0).normal(scale=spread, size=(n_perturbed, len(STUCK_AT)))
    freed, freed_flipped = (
        int((end_losses(two_relus, sgd, epochs, np.multiply(STUCK_AT, sign) + shifts) < 0.999 * between[0]).sum())
        for sign in (1, FLIP)
    )

    found = Findings(
        f"On the straight line from the stuck minimum to the good one the MSE rises from {between[0]:.4f} to "
        f"{between.max():.4f} before it falls to {between[-1]:.4f}. The start of the stuck run was solved for."
    )
    runs = {"stuck run": stuck, "good run": good}
    for name, run in runs.items():
        found.run(name.replace(" ", "_"), run)
    labels = ("towards the good minimum", "towards the start of the stuck run")
    plane = surfaces.plane_through(stuck_end, good_end, STUCK_START, labels)
    found.figure(
        "plane",
        draw.descent(
            loss_surface(two_relus, around=runs, plane=plane),
            runs,
            points={"stuck minimum": stuck_end, "good minimum": good_end},
            title="The plane through the stuck minimum, its start, and the good minimum",
            view=(40, -60),
        ),
        "The loss over a plane through both minima, with both runs at their own loss; the start of the stuck run was "
        "solved for.",
    )
    found.claim(
        "ours: a ridge separates the two minima along the straight line",
        holds=between.max() > between[0] + 0.001,
        because=f"the MSE is {between[0]:.4f} at the stuck minimum, up to {between.max():.4f} in between, "
        f"{between[-1]:.4f} at the good one",
    )
    found.claim(
        "ours: the stuck minimum attracts perturbed weights back",
        holds=freed == 0 or ("depends" if freed < n_perturbed / 2 else False),
        because=f"perturbed with a standard deviation of {spread:g}, {comparison.share_text(freed, n_perturbed)} end "
        f"lower; with the dead unit's output weight flipped, {comparison.share_text(freed_flipped, n_perturbed)}",
    )
    return found


if __name__ == "__main__":
    script(main)
