"""Do wide nets get stuck?

The lecture says of its 512 ReLUs that they do not get stuck: units die, but others make up for them. One start, which
is all that the lecture has, shows little. Here the wide net is trained from twenty random starts, and two ReLUs from a
thousand, all drawn as Keras draws them, with the same SGD for as many epochs.
"""

import numpy as np
from relu_nets import end_losses, log_by_share, n_dead_units, problem

from tfreg import Findings, comparison, draw, script, train

from keras.optimizers import SGD


def main(
    epochs: int = 1000,
    learning_rate: float = 0.1,
    n_units: int = 512,
    n_starts: int = 20,
    n_narrow_starts: int = 1000,
    seed: int = 0,
) -> Findings:
    wide, narrow, sgd = problem(n_units), problem(2), SGD(learning_rate)
    runs = train(wide, sgd, epochs, wide.random_starts(n_starts, seed), record_every=epochs)
    ends, dead = runs.loss.values[:, -1], n_dead_units(wide, runs.weights.values[:, -1])
    ends_of_two = end_losses(narrow, sgd, epochs, narrow.random_starts(n_narrow_starts, seed))

    best = ends_of_two.min()
    good, good_of_two = ends <= 1.05 * best, ends_of_two <= 1.05 * best
    share, share_of_two = (comparison.share_text(int(one.sum()), len(one)) for one in (good, good_of_two))
    deaths = f"{dead.min()} to {dead.max()} of the {n_units} units are dead at the end"

    found = Findings(
        f"{share} starts with {n_units} units and {share_of_two} starts with two end within 5 % of {best:.4f}, the "
        f"best MSE of two. {deaths}. We drew the starts (seed {seed})."
    )
    percent = np.linspace(0, 100, 201)
    curves = {"2 units": log_by_share(ends_of_two, percent), f"{n_units} units": log_by_share(ends, percent)}
    found.figure(
        "ends",
        draw.curves(
            percent, {"log10 of the MSE": curves}, "share of the starts (%)", title="Where wide and narrow nets end"
        ),
        f"The MSE below which a given share of {n_starts} wide and {n_narrow_starts} narrow nets ends (seed {seed}).",
    )
    found.claim(
        f"said: {n_units} units do not get stuck: others make up for dead ones",
        holds=bool(good.all() and (dead > 0).all()) or ("depends" if good.any() else False),
        because=f"{deaths}; MSE {ends.min():.4f} to {ends.max():.4f} from {n_starts} starts; {share} starts end "
        f"within 5 % of {best:.4f}, the best of two ReLUs; with two, {share_of_two}",
    )
    return found


if __name__ == "__main__":
    script(main)
