"""Descent with Adam from (-3, -1)

The same with Adam(0.1). Here the lecture's warm-up epoch shows: Adam goes on with the averages of the gradient, of its
square, and the count of steps that it remembers from the random start. Both are run, with that state carried over, as
the lecture did, and with a fresh Adam.
"""

from tfreg import Claim, Findings, descents, script, train

import numpy as np
from keras.optimizers import SGD, Adam

WARM_UP_STARTS = {"MSE": (1.3018724, 0.63810194), "BCE": (-1.0399626, -0.62198395)}


def main(
    epochs: int = 435, learning_rate: float = 0.1, start: tuple[float, float] = (-3.0, -1.0), grid_step: float = 0.2
) -> Findings:
    problems = descents.lecture_problems()
    descent = descents.run(problems, Adam(learning_rate), epochs, start, WARM_UP_STARTS)
    sgd = train(problems["MSE"], SGD(learning_rate), epochs, start)
    arrived = descents.arrival(problems["MSE"], descent.carried["MSE"])
    with_sgd = descents.arrival(problems["MSE"], sgd)

    found = (
        f"state carried over, {descents.arrivals(descent, descent.carried)}; "
        f"fresh, {descents.arrivals(descent, descent.fresh)}"
    )
    sgd_arrives = "does not arrive" if with_sgd is None else f"arrives at epoch {with_sgd}"
    distance = np.linalg.norm(descent.carried["MSE"].weights.values - descent.fresh["MSE"].weights.values, axis=1)
    apart, end_apart = distance.max(), distance[-1]
    return Findings(
        summary=f"In {epochs} epochs with Adam's {found}; SGD on MSE {sgd_arrives}.",
        runs=descents.saved_runs(descent),
        figures=descents.draw(
            descent,
            "Adam",
            f"Adam({learning_rate:g}) from {descents.place(start)}: {epochs} epochs",
            f"Carried over: Adam's averages and step count. On MSE the paths are up to {apart:.2f} apart, "
            f"at the end {end_apart:.2f}",
            grid_step,
        ),
        numbers=descents.numbers(descent),
        claims=(
            Claim(
                "a good optimizer speeds MSE up",
                "holds" if arrived is not None and (with_sgd is None or arrived < with_sgd) else "fails",
                f"in {epochs} epochs with Adam's {found}; SGD on MSE {sgd_arrives}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
