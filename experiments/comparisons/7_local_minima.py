"""Which minima of the two-ReLU net are found, and how often

The lecture's net of two ReLUs from ten thousand random starts, drawn as Keras draws them, with each optimizer at the
learning rate that did best on other starts. Where a run ended is told by its loss: the good minimum of experiment 3 (or
better), the local minimum of experiment 4 with one dead unit, the least-squares line, or a constant; all else is
elsewhere, often on its way still. Optimizers that look at whole tensors run one start after another and get fewer.
"""

import numpy as np
import pandas as pd

from tfreg import Findings, charts, compare, contests, optimizers, relu_nets, script


def main(
    epochs: int = 1000,
    n_starts: int = 10000,
    n_starts_tuning: int = 200,
    n_starts_slow: int = 500,
    line_up: str = "sgd,momentum,nesterov,rmsprop,adam,amsgrad,adamw,adamax,nadam,adagrad,adadelta,ftrl,lion,"
    "schedulefreeadamw",
    slow_line_up: str = "adafactor,lamb,muon",
    seed: int = 0,
) -> Findings:
    problem = relu_nets.problem(2)
    levels = relu_nets.levels(problem)
    problems, minimum = {"two ReLUs": problem}, {"two ReLUs": levels["good minimum reached"]}
    within = 0.05 * levels["good minimum reached"]
    tuning = problem.random_starts(n_starts_tuning, seed + 1)
    tables, fastest = [], {}
    for names, count in ((line_up, n_starts), (slow_line_up, n_starts_slow)):
        named = optimizers.line_up(names)
        tuned = compare(
            *(problems, named, tuning[: max(1, count // 10)], epochs),
            vary={"learning_rate": np.geomspace(1e-3, 1, 7)},
            minimum=minimum,
            tolerance=within,
            record_every=epochs,
        )
        best = contests.most_reached_rates(tuned).isel(problem=0)
        chosen = {name: f"{name}:{float(best.sel(optimizer=name)):.6g}" for name in named}
        starts = problem.random_starts(count, seed)
        result = compare(problems, chosen, starts, epochs, minimum=minimum, tolerance=within, record_every=epochs)
        fastest |= chosen
        tables.append(relu_nets.ends_table(result.isel(problem=0), levels))
    table = pd.concat(tables, ignore_index=True)
    table.insert(1, "rate", [fastest[name].partition(":")[2] for name in table.optimizer])
    good, top = "good minimum reached", table.sort_values("good minimum reached", ascending=False).iloc[0]
    sgd = table[table.optimizer == "sgd"]
    beside = f"; sgd in {100 * float(sgd[good].iloc[0]):.0f} %" if len(sgd) else ""
    return Findings(
        summary=f"The good minimum is found most often by {top.optimizer}, in {100 * top[good]:.0f} % of its "
        f"{top.starts} starts{beside}.",
        figures={
            "shares": (
                charts.shares(table, [*levels, "elsewhere"], f"Where the two-ReLU net ends after {epochs} epochs"),
                "Which share of the starts ends in which minimum, by optimizer, each at its best learning rate.",
            )
        },
        tables={"table": (table, "Shares of the starts by where they end; the interval is that of the good minimum")},
    )


if __name__ == "__main__":
    script(main)
