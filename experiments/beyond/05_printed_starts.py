"""Where the lecture's starts come from

The lecture prints the starts of experiments 2 and 3; others were solved for, from the weights that it prints. Keras
draws kernels with its Glorot-uniform initialiser, whose values in float32 lie on a lattice that is coarser than the
float32 numbers are. So a start can be tested: a value off the lattice was not drawn, and many values on it are no
accident. The lecture sets a seed before each of these nets; whether that seed determines their starts is tested too.
"""

import numpy as np
import pandas as pd
from glorot import drawable_table
from lecture_values import GOOD_START, LOGISTIC_KERNEL, ONE_RELU_KERNEL, STUCK_START, WARM_UP_STARTS

from tfreg import Findings, draw, models, script

import keras

SEED = 43053
PRINTED, STUCK, LOGISTIC, WARM_UPS = "printed in 2 and 3", "solved for in 4", "solved for in 7", "warm-ups of 10 to 12"


def main() -> Findings:
    kernels = [  # of which start, its values, and the number of inputs and units
        (PRINTED, (ONE_RELU_KERNEL,), 1 + 1),
        (PRINTED, GOOD_START[:2], 1 + 2),
        (PRINTED, GOOD_START[4:6], 2 + 1),
        (STUCK, STUCK_START[:2], 1 + 2),
        (STUCK, STUCK_START[4:6], 2 + 1),
        (LOGISTIC, (LOGISTIC_KERNEL,), 1 + 1),
        *((WARM_UPS, kernel, 2 + 1) for by_loss in WARM_UP_STARTS.values() for kernel in by_loss.values()),
    ]
    table = pd.concat([drawable_table(*kernel) for kernel in kernels], ignore_index=True)
    drawable = table.groupby("start").drawable
    counts = (drawable.sum().astype(str) + " of " + drawable.count().astype(str)).to_dict()
    odds, odds_nearby = (
        (1 / chance.clip(upper=1).groupby(table.start).prod()).to_dict() for chance in (table.chance, 3 * table.chance)
    )
    first = table[table.start == PRINTED].uniform.iloc[[0, 1, 3]]  # of each of the three printed kernels
    keras.utils.set_random_seed(SEED)
    drawn = ", ".join(f"{value:.4f}" for value in models.relu_net(2).get_weights()[0].ravel())
    seeded = f"seed {SEED} in today's Keras draws {drawn} for experiment 3"

    found = Findings(f"Values that can be drawn: {', '.join(f'{start}, {count}' for start, count in counts.items())}.")
    found.number("kernels", table[table.start == PRINTED].nearest, because=seeded)
    found.table("values", table, "Each value of a start, and the nearest one that the initialiser can draw")
    uniform, away = table.uniform.to_numpy(), table["ulps away"].to_numpy()
    axes, title = ("uniform number behind the value", "distance (ulps)"), "Distance from a value that can be drawn"
    figure = draw.points(uniform, away, table.start.to_numpy(), axis_labels=axes, title=title)
    found.figure("distances", figure, "The distance of each value from one that the initialiser can draw, in ulps.")
    found.claim(
        "ours: the printed starts were drawn by Keras's initialiser",
        holds=drawable.all()[PRINTED],
        because=f"{counts[PRINTED]} values can be drawn; by chance, 1 in {odds[PRINTED]:,.0f}",
    )
    found.claim(
        "ours: the seed set before each net determines its start",
        holds=bool(np.ptp(first) < 1e-6),
        because="the uniform numbers behind the first value of each kernel differ, "
        f"{', '.join(f'{u:.4f}' for u in first)}; and {seeded}",
    )
    found.claim(
        "ours: the warm-up starts that were solved for are the lecture's",
        holds=drawable.all()[WARM_UPS],
        because=f"{counts[WARM_UPS]} values can be drawn; by chance, 1 in {odds[WARM_UPS]:,.0f}, or 1 in "
        f"{odds_nearby[WARM_UPS]:,.0f} if both float32 neighbours of every value were tried too",
    )
    found.claim(
        "ours: the start solved for the stuck run is the lecture's",
        holds=drawable.all()[STUCK],
        because=f"{counts[STUCK]} values can be drawn",
    )
    return found


if __name__ == "__main__":
    script(main)
