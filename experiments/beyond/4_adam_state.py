"""Which part of Adam's state keeps MSE stuck?

In the lecture's experiment 12 Adam carries the state of one warm-up epoch over, and stays stuck on MSE from where a
fresh Adam gets away. How often is that so? A thousand warm-up epochs from random starts, drawn as Keras draws them, tell.
Then one part of the state at a time is carried over, the rest as in a fresh Adam, whose state is all zero.
"""

import numpy as np
import pandas as pd

from tfreg import Findings, Problem, comparison, datasets, draw, losses, models, script, surfaces, train

from keras.optimizers import Adam

PARTS = {  # as the labels of Keras's state name them
    "all of it": "",
    "the average of the gradient": "momentum",
    "the average of its square": "velocity",
    "the count of steps": "iteration",
}


def main(
    epochs: int = 435,
    learning_rate: float = 0.1,
    start: tuple[float, float] = (-10.0, -1.0),
    n_warm_ups: int = 1000,
    seed: int = 0,
) -> Findings:
    problem, adam = Problem(models.logistic(2), losses.mse, datasets.bernoulli_line()), Adam(learning_rate)
    targets = surfaces.targets({"MSE": problem}).sel(problem="MSE")
    goal = float(targets.minimum + targets.tolerance)
    warm_up = train(problem, adam, 1, problem.random_starts(n_warm_ups, seed))

    not_arrived, rows = {}, []
    for part, label in PARTS.items():
        kept = warm_up.optimizer_state.where(warm_up.state.str.contains(label), 0)
        state = warm_up.assign(optimizer_state=kept)
        runs = train(problem, adam, epochs, [start] * n_warm_ups, continue_from=state, record_every=15)
        arrived = np.logical_or.accumulate(runs.loss.values <= goal, axis=1)
        not_arrived[part] = 100 * (1 - arrived.mean(axis=0))
        lost = int((~arrived[:, -1]).sum())
        low, high = comparison.wilson_interval(lost, n_warm_ups)
        rows.append((part, n_warm_ups, lost / n_warm_ups, low, high))
    columns = ["carried over", "warm-ups", "share that does not arrive", "from", "to"]
    table = pd.DataFrame(rows, columns=columns).set_index("carried over", drop=False)

    lost = ", ".join(f"{part} {100 * share:.1f} %" for part, share in table["share that does not arrive"].items())
    found = Findings(f"Not arrived within {epochs} epochs, by what of Adam's state is carried over: {lost}.")
    place = "({:g}, {:g})".format(*start)
    found.table("parts", table, f"MSE from {place}: the share of {n_warm_ups} warm-ups after which Adam does not arrive")
    found.figure(
        "not_arrived",
        draw.curves(runs.epoch, {"not arrived (%)": not_arrived}, title=f"Adam({learning_rate:g}) on MSE from {place}"),
        "The share of descents that have not arrived, by the part of Adam's state that they carry over.",
    )
    others = table.loc[["the average of the gradient", "the count of steps"]]
    found.claim(
        "it is the remembered square of the gradient that keeps Adam from arriving",
        holds=table.loc["the average of its square", "from"] > others["to"].max(),
        because=f"share that does not arrive within {epochs} epochs by what is carried over of {n_warm_ups} warm-ups: {lost}",
    )
    return found


if __name__ == "__main__":
    script(main)
