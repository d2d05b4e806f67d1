"""Which part of Adam's state keeps MSE stuck?

In the lecture's experiment 12 Adam carries the state of one warm-up epoch over, and stays where it is on MSE, from
where a fresh Adam arrives. How often is that so? A thousand warm-up epochs from random starts, drawn as Keras draws
them, tell. Then one part of the state at a time is carried over, the rest as in a fresh Adam, whose state is all zero.
"""

import numpy as np
import pandas as pd

from tfreg import Findings, Problem, comparison, datasets, draw, losses, models, script, surfaces, train

from keras.optimizers import Adam

PARTS = {  # with a word of the labels that Keras gives to the elements of its state
    "all": "",
    "average of the gradient": "momentum",
    "average of its square": "velocity",
    "count of steps": "iteration",
}
STAYED = 3.0  # stayed is who ends this near the start without having arrived


def main(
    epochs: int = 435,
    learning_rate: float = 0.1,
    start: tuple[float, float] = (-10.0, -1.0),
    n_warm_ups: int = 1000,
    seed: int = 0,
) -> Findings:
    problem, adam = Problem(models.logistic(2), losses.mse, datasets.bernoulli_line()), Adam(learning_rate)
    targets = surfaces.targets({"MSE": problem}).sel(problem="MSE")
    goal, place = float(targets.minimum + targets.tolerance), "({:g}, {:g})".format(*start)
    warm_up = train(problem, adam, 1, problem.random_starts(n_warm_ups, seed))

    rows, arrived_by = [], {}
    for part, word in PARTS.items():
        kept = warm_up.optimizer_state.where(warm_up.state.str.contains(word), 0)
        state = warm_up.assign(optimizer_state=kept)
        runs = train(problem, adam, epochs, [start] * n_warm_ups, continue_from=state, record_every=15)
        arrived = np.logical_or.accumulate(runs.loss.values <= goal, axis=1)
        away = np.linalg.norm(runs.weights.values[:, -1] - start, axis=1)
        stayed = ~arrived[:, -1] & (away < STAYED)
        rows.append((part, arrived[:, -1].mean(), stayed.mean(), *comparison.wilson_interval(stayed.sum(), n_warm_ups)))
        arrived_by[part] = 100 * arrived.mean(axis=0)
    table = pd.DataFrame(rows, columns=["carried over", "arrive", "stay", "from", "to"])
    shares = "; ".join(f"{row.iloc[0]}, {row.stay:.1%} stay, {row.arrive:.1%} arrive" for _, row in table.iterrows())

    found = Findings(f"MSE from {place} for {epochs} epochs, by what Adam carries over: {shares}.")
    found.table(
        "parts", table, f"The share of {n_warm_ups} descents that arrive, and that stay, by what Adam carries over"
    )
    found.figure(
        "arrived",
        draw.curves(
            runs.epoch,
            {"arrived (%)": arrived_by},
            title=f"Adam({learning_rate:g}) on MSE from {place}, by what is kept",
        ),
        "The share of descents that have arrived, by the part of Adam's state that they carry over.",
    )
    by_part = table.set_index("carried over")
    found.claim(
        "ours: it is the remembered square of the gradient that holds Adam where it is",
        holds=by_part["from"]["average of its square"]
        > by_part["to"][["average of the gradient", "count of steps"]].max(),
        because=f"of {n_warm_ups} descents after random warm-ups, by what is carried over: {shares}; those that "
        f"neither stay within {STAYED:g} of the start nor arrive go elsewhere",
    )
    return found


if __name__ == "__main__":
    script(main)
