"""Does Adam's state keep MSE stuck, and which part of it?

In the lecture's experiment 12 Adam carries the state of one warm-up epoch over and stays where it is on MSE, from where
a fresh Adam arrives; the lecture concludes that a good optimizer is no cure. Here a fresh Adam starts all over the
lecture's grid, and a thousand warm-up epochs from random starts show how often their state holds Adam back. Then one
part of it at a time is carried over, the rest zero as in a fresh Adam.
"""

import numpy as np
import pandas as pd

from tfreg import Findings, Problem, comparison, datasets, draw, grid, losses, models, script, surfaces, train

from keras.optimizers import Adam

AVERAGE, SQUARES, STEPS = "average of the gradient", "average of its square", "count of steps"
# The labels that a run gives to the elements of Adam's state.
MOMENTA = ["weights_momentum[w0]", "weights_momentum[w1]"]
VELOCITIES = ["weights_velocity[w0]", "weights_velocity[w1]"]
PARTS = {"all": ["iteration", *MOMENTA, *VELOCITIES], AVERAGE: MOMENTA, SQUARES: VELOCITIES, STEPS: ["iteration"]}
NEAR = 3.0  # a descent that ends within this distance of its start and has not arrived has stayed


def main(
    epochs: int = 435, learning_rate: float = 0.1, start: tuple[float, float] = (-10.0, -1.0), n_warm_ups: int = 1000
) -> Findings:
    problem, adam = Problem(models.logistic(2), losses.mse, datasets.bernoulli_line()), Adam(learning_rate)
    goal, place = surfaces.goals({"MSE": problem})["MSE"], "({:g}, {:g})".format(*start)
    starts = surfaces.grid_points(grid(w0=(-10, 3, 1), w1=(-1, 10, 1)))
    n_cured = int((train(problem, adam, epochs, starts, record_every=15).loss <= goal).any("epoch").sum())

    warm_up = train(problem, adam, 1, problem.random_starts(n_warm_ups, seed=0))
    rows, arrived_by = [], {}
    for part, labels in PARTS.items():
        state = warm_up.assign(optimizer_state=warm_up.optimizer_state.where(warm_up.state.isin(labels), 0))
        runs = train(problem, adam, epochs, [start] * n_warm_ups, continue_from=state, record_every=15)
        arrived = np.logical_or.accumulate(runs.loss.values <= goal, axis=1)
        distance = np.linalg.norm(runs.weights.values[:, -1] - start, axis=1)
        stayed = ~arrived[:, -1] & (distance < NEAR)
        shares = (arrived[:, -1].mean(), stayed.mean(), 1 - (arrived[:, -1] | stayed).mean())
        rows.append((part, *shares, np.median(distance), *comparison.wilson_interval(stayed.sum(), n_warm_ups)))
        arrived_by[part] = 100 * arrived.mean(axis=0)
    columns = ["carried over", "arrive", "stay", "elsewhere", "median distance from start", "stay from", "stay to"]
    table = pd.DataFrame(rows, columns=columns)
    each = [f"{r[0]}, {r[2]:.1%} stay, {r[1]:.1%} arrive, {r[3]:.1%} end elsewhere" for r in rows]

    found = Findings(
        f"MSE from {place} for {epochs} epochs, by what Adam carries over: {'; '.join(each)}. We drew the "
        f"warm-ups (seed 0); {surfaces.ARRIVED}."
    )
    found.table("parts", table, f"The shares of {n_warm_ups} descents that arrive, stay and end elsewhere")
    title = f"Adam({learning_rate:g}) on MSE from {place}, by what is kept"
    figure = draw.curves(runs.epoch, {"arrived (%)": arrived_by}, title=title)
    found.figure(
        "arrived",
        figure,
        "The share of descents that have arrived, by what they carry over from warm-ups that we drew (seed 0).",
    )
    low, high = comparison.wilson_interval(n_cured, len(starts))
    found.claim(
        "implied: a good optimizer is no cure for MSE",
        holds="depends" if low <= 0.5 <= high else high < 0.5,
        because=f"within {epochs} epochs a fresh Adam arrives from {comparison.share_text(n_cured, len(starts))} "
        "starts on the lecture's grid",
    )
    by_part = table.set_index("carried over")
    found.claim(
        "ours: the remembered square of the gradient holds Adam where it is",
        holds=by_part["stay from"][SQUARES] > by_part["stay to"][[AVERAGE, STEPS]].max(),
        because=f"of {n_warm_ups} descents after random warm-ups, by what is carried over: {'; '.join(each)}",
    )
    return found


if __name__ == "__main__":
    script(main)
